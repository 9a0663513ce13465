//! A reader for the JSON that tools write about themselves.
//!
//! Not here: JSON as a data type of the server; this one only has to read trusted files

/// A JSON value. Numbers are doubles; an object keeps its order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Json {
    /// Reads a whole text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value()?;
        reader.blanks();
        (reader.at == text.len()).then_some(value)
    }

    /// A member of an object.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// A number.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take(&mut self, token: &str) -> Option<()> {
        self.blanks();
        self.rest()
            .starts_with(token)
            .then(|| self.at += token.len())
    }

    fn value(&mut self) -> Option<Json> {
        self.blanks();
        match self.rest().chars().next()? {
            '{' => self.object(),
            '[' => self.array(),
            '"' => self.string().map(Json::Text),
            'n' => self.take("null").map(|()| Json::Null),
            't' => self.take("true").map(|()| Json::Bool(true)),
            'f' => self.take("false").map(|()| Json::Bool(false)),
            _ => self.number(),
        }
    }

    fn number(&mut self) -> Option<Json> {
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
        let len = self
            .rest()
            .find(|c| !is_part(c))
            .unwrap_or(self.rest().len());
        let number = self.rest()[..len].parse().ok()?;
        self.at += len;
        Some(Json::Number(number))
    }

    fn array(&mut self) -> Option<Json> {
        self.take("[")?;
        let mut items = Vec::new();
        if self.take("]").is_some() {
            return Some(Json::Array(items));
        }
        loop {
            items.push(self.value()?);
            if self.take(",").is_none() {
                return self.take("]").map(|()| Json::Array(items));
            }
        }
    }

    fn object(&mut self) -> Option<Json> {
        self.take("{")?;
        let mut members = Vec::new();
        if self.take("}").is_some() {
            return Some(Json::Object(members));
        }
        loop {
            self.blanks();
            let name = self.string()?;
            self.take(":")?;
            members.push((name, self.value()?));
            if self.take(",").is_none() {
                return self.take("}").map(|()| Json::Object(members));
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        self.take("\"")?;
        let mut text = String::new();
        loop {
            let c = self.rest().chars().next()?;
            self.at += c.len_utf8();
            match c {
                '"' => return Some(text),
                '\\' => text.push(self.escape()?),
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        Some(match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => {
                let digits = self.rest().get(..4)?;
                let code = u32::from_str_radix(digits, 16).ok()?;
                self.at += 4;
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Json;

    #[test]
    fn values_of_every_kind_are_read() {
        let text = r#" {"a": [1, -2.5e3, "x\n\u0041\"", null], "b": {"c": true}, "d": []} "#;
        let json = Json::parse(text).expect("it is JSON");
        let a = Json::Array(vec![
            Json::Number(1.0),
            Json::Number(-2500.0),
            Json::Text("x\nA\"".to_owned()),
            Json::Null,
        ]);
        assert_eq!(json.get("a"), Some(&a));
        assert_eq!(
            json.get("b").and_then(|b| b.get("c")),
            Some(&Json::Bool(true))
        );
        assert_eq!(json.get("d"), Some(&Json::Array(Vec::new())));
    }

    #[test]
    fn broken_texts_are_refused() {
        for text in ["", "{", "[1,]", "{\"a\"}", "\"x", "1 2", "nul"] {
            assert_eq!(Json::parse(text), None, "{text}");
        }
    }
}

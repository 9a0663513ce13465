//! Expressions: operators by their priorities, and what may follow a name.
//!
//! Always true: each node is at most one level deeper than its deepest part, and counted.
//! Not here: statements — `parse.rs`

use super::{DEPTH_MAX, Found, Parsed, Parser};
use crate::ast::{Binary, Call, Constructor, Expr, Function, Item, Pair, Unary};
use crate::lex::{Token, Word};
use crate::value::StrRef;

impl Parser<'_> {
    pub(super) fn exprs(&mut self) -> Parsed<Vec<Expr>> {
        let mut exprs = vec![self.expr()?];
        while self.accept(Token::Sign(b','))? {
            exprs.push(self.expr()?);
        }
        Ok(exprs)
    }

    pub(super) fn expr(&mut self) -> Parsed<Expr> {
        Ok(self.binary(0)?.expr)
    }

    /// Parses operators that bind tighter than `limit`.
    fn binary(&mut self, limit: u8) -> Parsed<Node> {
        self.enter()?;
        let mut left = match self.unary_operator() {
            Some(operator) => {
                self.advance()?;
                let operand = self.binary(PRIORITY_UNARY)?;
                self.unary(operator, operand)?
            }
            None => self.simple()?,
        };
        while let Some(operator) = Operator::find(self.lexer.token)
            && operator.priorities().0 > limit
        {
            self.advance()?;
            let right = self.binary(operator.priorities().1)?;
            left = self.combine(operator, left, right)?;
        }
        self.levels -= 1;
        Ok(left)
    }

    const fn unary_operator(&self) -> Option<Unary> {
        match self.lexer.token {
            Token::Word(Word::Not) => Some(Unary::Not),
            Token::Sign(b'-') => Some(Unary::Minus),
            Token::Sign(b'#') => Some(Unary::Len),
            _ => None,
        }
    }

    /// Counts the depth of an expression above others.
    fn node(&mut self, expr: Expr, depth: u32) -> Parsed<Node> {
        if depth > DEPTH_MAX {
            return Err(self.lexer.plain_error("chunk has too many syntax levels"));
        }
        let scope = self.scope();
        scope.depth = scope.depth.max(depth);
        Ok(Node { expr, depth })
    }

    fn unary(&mut self, operator: Unary, operand: Node) -> Parsed<Node> {
        let expr = match (operator, operand.expr) {
            (Unary::Minus, Expr::Num(number)) => Expr::Num(-number),
            (_, operand) => Expr::Unary(operator, Box::new(operand), self.lexer.line_before),
        };
        self.node(expr, operand.depth + 1)
    }

    fn combine(&mut self, operator: Operator, left: Node, right: Node) -> Parsed<Node> {
        let depth = left.depth.max(right.depth) + 1;
        if let (Operator::Binary(binary), Expr::Num(a), Expr::Num(b)) =
            (operator, &left.expr, &right.expr)
            && let Some(number) = folded(binary, *a, *b)
        {
            return self.node(Expr::Num(number), 1);
        }
        let pair = Box::new(Pair {
            left: left.expr,
            right: right.expr,
            line: self.lexer.line_before,
        });
        let expr = match operator {
            Operator::And => Expr::And(pair),
            Operator::Or => Expr::Or(pair),
            Operator::Binary(binary) => Expr::Binary(binary, pair),
        };
        self.node(expr, depth)
    }

    fn simple(&mut self) -> Parsed<Node> {
        let expr = match self.lexer.token {
            Token::Number(number) => Expr::Num(number),
            Token::Text(text) => Expr::Str(text),
            Token::Word(Word::Nil) => Expr::Nil,
            Token::Word(Word::True) => Expr::Bool(true),
            Token::Word(Word::False) => Expr::Bool(false),
            Token::Dots => {
                if !self.scope().is_vararg {
                    let text = "cannot use '...' outside a vararg function";
                    return Err(self.lexer.error(text));
                }
                self.scope().uses_varargs = true;
                Expr::Vararg
            }
            Token::Sign(b'{') => return self.constructor(),
            Token::Word(Word::Function) => {
                let line = self.lexer.line;
                self.advance()?;
                let (function, depth) = self.function_body(line, false)?;
                return self.node(Expr::Function(Box::new(function)), depth + 1);
            }
            _ => return self.suffixed_node(),
        };
        self.advance()?;
        self.node(expr, 1)
    }

    /// A name or parentheses, and fields and calls after it.
    pub(super) fn suffixed(&mut self) -> Parsed<Expr> {
        Ok(self.suffixed_node()?.expr)
    }

    fn suffixed_node(&mut self) -> Parsed<Node> {
        let mut node = self.primary()?;
        loop {
            node = match self.lexer.token {
                Token::Sign(b'.') => {
                    let expr = self.field(node.expr)?;
                    self.node(expr, node.depth + 1)?
                }
                Token::Sign(b'[') => {
                    let key = self.key()?;
                    self.index(node, key)?
                }
                Token::Sign(b':') => {
                    self.advance()?;
                    let method = self.name()?;
                    self.call(node, Some(method))?
                }
                Token::Sign(b'(' | b'{') | Token::Text(_) => self.call(node, None)?,
                _ => return Ok(node),
            };
        }
    }

    fn primary(&mut self) -> Parsed<Node> {
        let line = self.lexer.line;
        match self.lexer.token {
            Token::Name(name) => {
                self.advance()?;
                let expr = self.variable(name, line)?;
                self.node(expr, 1)
            }
            Token::Sign(b'(') => {
                self.advance()?;
                let inner = self.binary(0)?;
                self.close(Token::Sign(b')'), ")", "(", line)?;
                // Parentheses make one value of many, and no place to assign to.
                let expr = match inner.expr {
                    expr @ (Expr::Nil | Expr::Bool(_) | Expr::Num(_) | Expr::Str(_)) => expr,
                    expr => Expr::Paren(Box::new(expr)),
                };
                self.node(expr, inner.depth + 1)
            }
            _ => Err(self.lexer.error("unexpected symbol")),
        }
    }

    pub(super) fn variable(&mut self, name: StrRef, line: u32) -> Parsed<Expr> {
        Ok(match self.find(name)? {
            Found::Local(id) => Expr::Local(id),
            Found::Upvalue(idx) => Expr::Upvalue(idx),
            Found::Global => Expr::Global(name, line),
        })
    }

    /// A dot or colon and a name after an expression.
    pub(super) fn field(&mut self, table: Expr) -> Parsed<Expr> {
        self.advance()?;
        let line = self.lexer.line;
        let name = self.name()?;
        Ok(Expr::Index(Box::new(Pair {
            left: table,
            right: Expr::Str(name),
            line,
        })))
    }

    /// A key in brackets.
    fn key(&mut self) -> Parsed<Node> {
        self.advance()?;
        let key = self.binary(0)?;
        self.expect(Token::Sign(b']'), "]")?;
        Ok(key)
    }

    fn index(&mut self, table: Node, key: Node) -> Parsed<Node> {
        let depth = table.depth.max(key.depth) + 1;
        let pair = Box::new(Pair {
            left: table.expr,
            right: key.expr,
            line: self.lexer.line_before,
        });
        self.node(Expr::Index(pair), depth)
    }

    fn call(&mut self, func: Node, method: Option<StrRef>) -> Parsed<Node> {
        let line = self.lexer.line;
        let mut depth = func.depth;
        let mut args = Vec::new();
        match self.lexer.token {
            Token::Text(text) => {
                self.advance()?;
                args.push(Expr::Str(text));
            }
            Token::Sign(b'{') => {
                let table = self.constructor()?;
                depth = depth.max(table.depth);
                args.push(table.expr);
            }
            Token::Sign(b'(') => {
                if line != self.lexer.line_before {
                    let text = "ambiguous syntax (function call x new statement)";
                    return Err(self.lexer.error(text));
                }
                self.advance()?;
                while self.lexer.token != Token::Sign(b')') {
                    let arg = self.binary(0)?;
                    depth = depth.max(arg.depth);
                    args.push(arg.expr);
                    if !self.accept(Token::Sign(b','))? {
                        break;
                    }
                    if self.lexer.token == Token::Sign(b')') {
                        return Err(self.lexer.error("unexpected symbol"));
                    }
                }
                self.close(Token::Sign(b')'), ")", "(", line)?;
            }
            _ => return Err(self.lexer.error("function arguments expected")),
        }
        let call = Box::new(Call {
            func: func.expr,
            method,
            args,
            line,
        });
        self.node(Expr::Call(call), depth + 1)
    }

    fn constructor(&mut self) -> Parsed<Node> {
        let line = self.lexer.line;
        let mut items = Vec::new();
        let mut depth = 0;
        self.expect(Token::Sign(b'{'), "{")?;
        while self.lexer.token != Token::Sign(b'}') {
            let (item, item_depth) = self.item()?;
            depth = depth.max(item_depth);
            items.push(item);
            if !self.accept(Token::Sign(b','))? && !self.accept(Token::Sign(b';'))? {
                break;
            }
        }
        self.close(Token::Sign(b'}'), "}", "{", line)?;
        let table = Expr::Table(Box::new(Constructor { items, line }));
        self.node(table, depth + 1)
    }

    fn item(&mut self) -> Parsed<(Item, u32)> {
        let token = self.lexer.token;
        let key = match token {
            Token::Sign(b'[') => self.key()?,
            Token::Name(name) if self.lexer.peek(self.heap)? == Token::Sign(b'=') => {
                self.advance()?;
                self.node(Expr::Str(name), 1)?
            }
            _ => {
                let value = self.binary(0)?;
                return Ok((Item::Positional(value.expr), value.depth));
            }
        };
        self.expect(Token::Sign(b'='), "=")?;
        let value = self.binary(0)?;
        let depth = key.depth.max(value.depth);
        Ok((Item::Field(key.expr, value.expr), depth))
    }

    /// Parameters and body of a function, up to its `end`.
    pub(super) fn function_body(&mut self, line: u32, is_method: bool) -> Parsed<(Function, u32)> {
        self.open_function(line, false);
        if is_method {
            let name = self.heap.string(b"self")?;
            self.parameter(name)?;
        }
        self.expect(Token::Sign(b'('), "(")?;
        self.parameters()?;
        self.expect(Token::Sign(b')'), ")")?;
        let body = self.block()?;
        self.close_end(Word::Function, line)?;
        Ok(self.close_function(body))
    }

    fn parameters(&mut self) -> Parsed<()> {
        if self.lexer.token == Token::Sign(b')') {
            return Ok(());
        }
        loop {
            match self.lexer.token {
                Token::Name(name) => {
                    self.advance()?;
                    self.parameter(name)?;
                }
                Token::Dots => {
                    self.advance()?;
                    self.scope().is_vararg = true;
                    let name = self.heap.string(b"arg")?;
                    let id = self.declare(name)?;
                    return self.activate(id);
                }
                _ => return Err(self.lexer.error("<name> or '...' expected")),
            }
            if !self.accept(Token::Sign(b','))? {
                return Ok(());
            }
        }
    }

    fn parameter(&mut self, name: StrRef) -> Parsed<()> {
        let id = self.declare(name)?;
        self.activate(id)?;
        self.scope().params += 1;
        Ok(())
    }
}

/// An expression and the depth of its tree.
struct Node {
    expr: Expr,
    depth: u32,
}

#[derive(Clone, Copy)]
enum Operator {
    And,
    Or,
    Binary(Binary),
}

impl Operator {
    const fn find(token: Token) -> Option<Self> {
        Some(Self::Binary(match token {
            Token::Word(Word::And) => return Some(Self::And),
            Token::Word(Word::Or) => return Some(Self::Or),
            Token::Sign(b'+') => Binary::Add,
            Token::Sign(b'-') => Binary::Sub,
            Token::Sign(b'*') => Binary::Mul,
            Token::Sign(b'/') => Binary::Div,
            Token::Sign(b'%') => Binary::Mod,
            Token::Sign(b'^') => Binary::Pow,
            Token::Sign(b'<') => Binary::Lt,
            Token::Sign(b'>') => Binary::Gt,
            Token::Concat => Binary::Concat,
            Token::Equal => Binary::Eq,
            Token::NotEqual => Binary::Ne,
            Token::AtMost => Binary::Le,
            Token::AtLeast => Binary::Ge,
            _ => return None,
        }))
    }

    /// How tight it binds what is left and right of it; less on the right makes it associate
    /// there.
    const fn priorities(self) -> (u8, u8) {
        match self {
            Self::Or => (1, 1),
            Self::And => (2, 2),
            Self::Binary(binary) => match binary {
                Binary::Eq | Binary::Ne | Binary::Lt | Binary::Le | Binary::Gt | Binary::Ge => {
                    (3, 3)
                }
                Binary::Concat => (5, 4),
                Binary::Add | Binary::Sub => (6, 6),
                Binary::Mul | Binary::Div | Binary::Mod => (7, 7),
                Binary::Pow => (10, 9),
            },
        }
    }
}

/// The value of an operation on two constants, if it is known before the script runs.
fn folded(binary: Binary, a: f64, b: f64) -> Option<f64> {
    let value = match binary {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div if b != 0.0 => a / b,
        Binary::Mod if b != 0.0 => crate::number::modulo(a, b),
        Binary::Pow => a.powf(b),
        _ => return None,
    };
    (!value.is_nan()).then_some(value)
}

/// How tight an operator before its operand binds.
const PRIORITY_UNARY: u8 = 8;

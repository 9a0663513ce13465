//! The grammar of Lua 5.1: statements, and the variables that names stand for.
//!
//! ```text
//!  script ──► words ──► statements ──► Function, whose locals know who captures and assigns them
//! ```
//! Names are resolved while parsing. A function is compiled only when all of its script is parsed,
//! so the compiler knows which locals closures share.
//!
//! Always true: nesting is bounded before anything recurses over the tree.
//! Not here: expressions — `parse/expr.rs`

mod expr;

use crate::ast::{Arm, Block, Expr, Function, LocalVar, NumericFor, Source, Stat, Upvalue};
use crate::heap::Heap;
use crate::lex::{Lexer, SyntaxError, Token, Word};
use crate::value::StrRef;

/// Parses a script, whose errors begin with the name of its chunk.
pub(crate) fn parse(source: &[u8], chunk: &[u8], heap: &mut Heap) -> Result<Function, SyntaxError> {
    let lexer = Lexer::new(source, chunk, heap)?;
    let mut parser = Parser {
        lexer,
        heap,
        scopes: Vec::new(),
        levels: 0,
    };
    parser.open_function(0, true);
    let body = parser.block()?;
    parser.check(Token::End, "<eof>")?;
    Ok(parser.close_function(body).0)
}

struct Parser<'s> {
    lexer: Lexer<'s>,
    heap: &'s mut Heap,
    /// The function that is being parsed and those around it, the outermost first.
    scopes: Vec<Scope>,
    levels: u32,
}

/// A function that is being parsed.
struct Scope {
    params: u8,
    is_vararg: bool,
    uses_varargs: bool,
    locals: Vec<LocalVar>,
    upvalues: Vec<Upvalue>,
    /// The locals in sight, the innermost last.
    active: Vec<u16>,
    loops: u32,
    line: u32,
    /// The depth of the deepest expression so far.
    depth: u32,
}

/// A variable that a name stands for.
enum Found {
    Local(u16),
    Upvalue(u8),
    Global,
}

type Parsed<T> = Result<T, SyntaxError>;

impl Parser<'_> {
    fn open_function(&mut self, line: u32, is_vararg: bool) {
        self.scopes.push(Scope {
            params: 0,
            is_vararg,
            uses_varargs: false,
            locals: Vec::new(),
            upvalues: Vec::new(),
            active: Vec::new(),
            loops: 0,
            line,
            depth: 0,
        });
    }

    /// Ends the innermost function; also gives the depth of its deepest expression.
    fn close_function(&mut self, body: Block) -> (Function, u32) {
        let scope = self.scopes.pop().expect("a function is open");
        let function = Function {
            params: scope.params,
            is_vararg: scope.is_vararg,
            has_arg_table: scope.is_vararg && !scope.uses_varargs && scope.line > 0,
            locals: scope.locals,
            upvalues: scope.upvalues,
            body,
            line: scope.line,
            end_line: self.lexer.line_before,
        };
        (function, scope.depth)
    }

    fn scope(&mut self) -> &mut Scope {
        self.scopes.last_mut().expect("a function is open")
    }

    fn advance(&mut self) -> Parsed<()> {
        self.lexer.advance(self.heap)
    }

    /// Takes a word if it is next.
    fn accept(&mut self, token: Token) -> Parsed<bool> {
        let is_next = self.lexer.token == token;
        if is_next {
            self.advance()?;
        }
        Ok(is_next)
    }

    fn check(&self, token: Token, text: &str) -> Parsed<()> {
        if self.lexer.token == token {
            return Ok(());
        }
        Err(self.lexer.error(&format!("'{text}' expected")))
    }

    fn expect(&mut self, token: Token, text: &str) -> Parsed<()> {
        self.check(token, text)?;
        self.advance()
    }

    fn expect_word(&mut self, word: Word) -> Parsed<()> {
        self.expect(Token::Word(word), word.text())
    }

    /// Takes the word that closes what was opened at a line.
    fn close(&mut self, token: Token, text: &str, opened: &str, line: u32) -> Parsed<()> {
        if self.lexer.token != token && line != self.lexer.line {
            let expected = format!("'{text}' expected (to close '{opened}' at line {line})");
            return Err(self.lexer.error(&expected));
        }
        self.expect(token, text)
    }

    fn close_end(&mut self, opened: Word, line: u32) -> Parsed<()> {
        self.close(Token::Word(Word::End), "end", opened.text(), line)
    }

    fn name(&mut self) -> Parsed<StrRef> {
        let Token::Name(name) = self.lexer.token else {
            return Err(self.lexer.error("'<name>' expected"));
        };
        self.advance()?;
        Ok(name)
    }

    fn enter(&mut self) -> Parsed<()> {
        self.levels += 1;
        if self.levels > LEVELS_MAX {
            return Err(self.lexer.plain_error("chunk has too many syntax levels"));
        }
        Ok(())
    }

    fn limit_error(&mut self, limit: usize, of: &str) -> SyntaxError {
        let line = self.scope().line;
        let function = match line {
            0 => "main function".to_owned(),
            _ => format!("function at line {line}"),
        };
        self.lexer
            .plain_error(&format!("{function} has more than {limit} {of}"))
    }

    /// Adds a local that is not in sight yet.
    fn declare(&mut self, name: StrRef) -> Parsed<u16> {
        let scope = self.scope();
        let id = scope.locals.len();
        scope.locals.push(LocalVar {
            name,
            is_captured: false,
            is_assigned: false,
        });
        u16::try_from(id).map_err(|_| self.limit_error(LOCALS_MAX, "local variables"))
    }

    /// Brings a local into sight.
    fn activate(&mut self, id: u16) -> Parsed<()> {
        let scope = self.scope();
        scope.active.push(id);
        if scope.active.len() > LOCALS_MAX {
            return Err(self.limit_error(LOCALS_MAX, "local variables"));
        }
        Ok(())
    }

    fn find(&mut self, name: StrRef) -> Parsed<Found> {
        let depth = self.scopes.len() - 1;
        self.find_at(depth, name)
    }

    fn find_at(&mut self, depth: usize, name: StrRef) -> Parsed<Found> {
        let scope = &self.scopes[depth];
        let is_named = |id: &&u16| scope.locals[usize::from(**id)].name == name;
        if let Some(id) = scope.active.iter().rev().find(is_named) {
            return Ok(Found::Local(*id));
        }
        if let Some(idx) = scope.upvalues.iter().position(|up| up.name == name) {
            return Ok(Found::Upvalue(idx as u8));
        }
        if depth == 0 {
            return Ok(Found::Global);
        }
        let from = match self.find_at(depth - 1, name)? {
            Found::Local(id) => {
                self.scopes[depth - 1].locals[usize::from(id)].is_captured = true;
                Source::Local(id)
            }
            Found::Upvalue(idx) => Source::Upvalue(idx),
            Found::Global => return Ok(Found::Global),
        };
        let upvalues = &mut self.scopes[depth].upvalues;
        if upvalues.len() >= UPVALUES_MAX {
            return Err(self.limit_error(UPVALUES_MAX, "upvalues"));
        }
        upvalues.push(Upvalue { name, from });
        Ok(Found::Upvalue((upvalues.len() - 1) as u8))
    }

    /// Notes that a variable gets another value, wherever it lives.
    fn note_assignment(&mut self, target: &Expr) {
        let mut source = match target {
            Expr::Local(id) => Source::Local(*id),
            Expr::Upvalue(idx) => Source::Upvalue(*idx),
            _ => return,
        };
        for scope in self.scopes.iter_mut().rev() {
            match source {
                Source::Local(id) => {
                    scope.locals[usize::from(id)].is_assigned = true;
                    return;
                }
                Source::Upvalue(idx) => source = scope.upvalues[usize::from(idx)].from,
            }
        }
    }

    /// Parses statements up to a word that ends a block; their locals are out of sight after it.
    fn block(&mut self) -> Parsed<Block> {
        let active = self.scope().active.len();
        let block = self.open_block()?;
        self.scope().active.truncate(active);
        Ok(block)
    }

    /// Parses statements, and leaves their locals in sight.
    fn open_block(&mut self) -> Parsed<Block> {
        self.enter()?;
        let mut block = Block::new();
        while !self.ends_block() {
            let is_last = matches!(self.lexer.token, Token::Word(Word::Return | Word::Break));
            let line = self.lexer.line;
            block.push((line, self.statement()?));
            self.accept(Token::Sign(b';'))?;
            if is_last {
                break;
            }
        }
        self.levels -= 1;
        Ok(block)
    }

    const fn ends_block(&self) -> bool {
        matches!(
            self.lexer.token,
            Token::End | Token::Word(Word::Else | Word::Elseif | Word::End | Word::Until)
        )
    }

    fn statement(&mut self) -> Parsed<Stat> {
        let line = self.lexer.line;
        let Token::Word(word) = self.lexer.token else {
            return self.expression_statement();
        };
        match word {
            Word::If => self.if_statement(line),
            Word::While => self.while_statement(line),
            Word::Do => {
                self.advance()?;
                let body = self.block()?;
                self.close_end(Word::Do, line)?;
                Ok(Stat::Do(body))
            }
            Word::For => self.for_statement(line),
            Word::Repeat => self.repeat_statement(line),
            Word::Function => self.function_statement(line),
            Word::Local => self.local_statement(),
            Word::Return => self.return_statement(),
            Word::Break => {
                self.advance()?;
                if self.scope().loops == 0 {
                    return Err(self.lexer.error("no loop to break"));
                }
                Ok(Stat::Break)
            }
            _ => self.expression_statement(),
        }
    }

    fn if_statement(&mut self, line: u32) -> Parsed<Stat> {
        let mut arms = Vec::new();
        loop {
            self.advance()?;
            let line = self.lexer.line;
            let condition = self.expr()?;
            self.expect_word(Word::Then)?;
            let body = self.block()?;
            arms.push(Arm {
                condition,
                body,
                line,
            });
            if self.lexer.token != Token::Word(Word::Elseif) {
                break;
            }
        }
        let otherwise = match self.accept(Token::Word(Word::Else))? {
            true => Some(self.block()?),
            false => None,
        };
        self.close_end(Word::If, line)?;
        Ok(Stat::If(arms, otherwise))
    }

    fn loop_body(&mut self) -> Parsed<Block> {
        self.scope().loops += 1;
        let body = self.block()?;
        self.scope().loops -= 1;
        Ok(body)
    }

    fn while_statement(&mut self, line: u32) -> Parsed<Stat> {
        self.advance()?;
        let condition = self.expr()?;
        self.expect_word(Word::Do)?;
        let body = self.loop_body()?;
        self.close_end(Word::While, line)?;
        Ok(Stat::While(condition, body))
    }

    fn repeat_statement(&mut self, line: u32) -> Parsed<Stat> {
        self.advance()?;
        let active = self.scope().active.len();
        self.scope().loops += 1;
        let body = self.open_block()?;
        self.scope().loops -= 1;
        self.close(Token::Word(Word::Until), "until", "repeat", line)?;
        let line = self.lexer.line_before;
        let condition = self.expr()?;
        self.scope().active.truncate(active);
        Ok(Stat::Repeat(body, condition, line))
    }

    fn for_statement(&mut self, line: u32) -> Parsed<Stat> {
        self.advance()?;
        let name = self.name()?;
        match self.lexer.token {
            Token::Sign(b'=') => self.numeric_for(name, line),
            Token::Sign(b',') | Token::Word(Word::In) => self.generic_for(name, line),
            _ => Err(self.lexer.error("'=' or 'in' expected")),
        }
    }

    fn numeric_for(&mut self, name: StrRef, line: u32) -> Parsed<Stat> {
        self.advance()?;
        let start = self.expr()?;
        self.expect(Token::Sign(b','), ",")?;
        let limit = self.expr()?;
        let step = match self.accept(Token::Sign(b','))? {
            true => Some(self.expr()?),
            false => None,
        };
        let var = self.declare(name)?;
        let body = self.for_body(var, 1, line)?;
        Ok(Stat::NumericFor(Box::new(NumericFor {
            var,
            start,
            limit,
            step,
            body,
            line,
        })))
    }

    /// Declares a name and those that follow it behind commas: the first local, and how many.
    fn declare_names(&mut self, name: StrRef) -> Parsed<(u16, u16)> {
        let first = self.declare(name)?;
        let mut count = 1;
        while self.accept(Token::Sign(b','))? {
            let name = self.name()?;
            self.declare(name)?;
            count += 1;
        }
        Ok((first, count))
    }

    fn generic_for(&mut self, name: StrRef, line: u32) -> Parsed<Stat> {
        let (first, count) = self.declare_names(name)?;
        self.expect_word(Word::In)?;
        let exprs_line = self.lexer.line;
        let exprs = self.exprs()?;
        // Functions among the expressions have locals of their own, so these stay in a row.
        let body = self.for_body(first, count, line)?;
        Ok(Stat::GenericFor {
            first,
            count,
            exprs,
            body,
            line: exprs_line,
        })
    }

    fn for_body(&mut self, first: u16, count: u16, line: u32) -> Parsed<Block> {
        self.expect_word(Word::Do)?;
        let active = self.scope().active.len();
        for id in first..first + count {
            self.activate(id)?;
        }
        let body = self.loop_body()?;
        self.scope().active.truncate(active);
        self.close_end(Word::For, line)?;
        Ok(body)
    }

    fn function_statement(&mut self, line: u32) -> Parsed<Stat> {
        self.advance()?;
        let name_line = self.lexer.line;
        let name = self.name()?;
        let mut target = self.variable(name, name_line)?;
        let mut is_method = false;
        while !is_method && matches!(self.lexer.token, Token::Sign(b'.' | b':')) {
            is_method = self.lexer.token == Token::Sign(b':');
            target = self.field(target)?;
        }
        let (function, _) = self.function_body(line, is_method)?;
        self.note_assignment(&target);
        Ok(Stat::Assign {
            targets: vec![target],
            exprs: vec![Expr::Function(Box::new(function))],
            line,
        })
    }

    fn local_statement(&mut self) -> Parsed<Stat> {
        self.advance()?;
        let line = self.lexer.line;
        if self.accept(Token::Word(Word::Function))? {
            let name = self.name()?;
            let id = self.declare(name)?;
            self.activate(id)?;
            // Its own body may see it before it has its value.
            self.scope().locals[usize::from(id)].is_assigned = true;
            let (function, _) = self.function_body(line, false)?;
            return Ok(Stat::LocalFunction(id, Box::new(function)));
        }
        let name = self.name()?;
        let (first, count) = self.declare_names(name)?;
        let exprs = match self.accept(Token::Sign(b'='))? {
            true => self.exprs()?,
            false => Vec::new(),
        };
        for id in first..first + count {
            self.activate(id)?;
        }
        Ok(Stat::Local {
            first,
            count,
            exprs,
            line: self.lexer.line_before,
        })
    }

    fn return_statement(&mut self) -> Parsed<Stat> {
        self.advance()?;
        let exprs = match self.ends_block() || self.lexer.token == Token::Sign(b';') {
            true => Vec::new(),
            false => self.exprs()?,
        };
        Ok(Stat::Return(exprs, self.lexer.line_before))
    }

    /// A call, or an assignment.
    fn expression_statement(&mut self) -> Parsed<Stat> {
        let first = self.suffixed()?;
        if matches!(first, Expr::Call(_)) {
            return Ok(Stat::Call(first));
        }
        let mut targets = vec![first];
        while self.accept(Token::Sign(b','))? {
            targets.push(self.suffixed()?);
        }
        let is_place = |expr: &Expr| {
            matches!(
                expr,
                Expr::Local(_) | Expr::Upvalue(_) | Expr::Global(..) | Expr::Index(_)
            )
        };
        if !targets.iter().all(is_place) {
            return Err(self.lexer.error("syntax error"));
        }
        self.expect(Token::Sign(b'='), "=")?;
        let exprs = self.exprs()?;
        for target in &targets {
            self.note_assignment(target);
        }
        Ok(Stat::Assign {
            targets,
            exprs,
            line: self.lexer.line_before,
        })
    }
}

/// How deep statements and expressions may stand within each other.
const LEVELS_MAX: u32 = 200;
/// How deep the tree of an expression may be, chains of operators included.
const DEPTH_MAX: u32 = 400;
const LOCALS_MAX: usize = 200;
const UPVALUES_MAX: usize = 60;

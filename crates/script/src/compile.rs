//! From the tree of a script to its instructions: statements.
//!
//! Locals live in registers, from their declaration to the end of their block; temporaries above
//! them. A local that a function within captures is copied into it, unless it changes after its
//! first value: then its register holds a cell, which the functions share.
//!
//! Always true: a register is taken before it is written; `free` is what it was after each
//! statement.
//! Not here: expressions — `compile/expr.rs`; loops — `compile/loops.rs`

mod draft;
mod expr;
mod loops;

use std::sync::Arc;

pub(crate) use self::draft::Drafts;
use self::draft::{Draft, Jumps, NOWHERE};

use crate::ast::{Arm, Block, Expr, Function, Source, Stat};
use crate::code::{CONSTANT, MULTI, NameKind, Op, OperandName, Proto, shown_name};
use crate::heap::{Heap, NoRoom};
use crate::lex::SyntaxError;
use crate::parse;
use crate::value::{StrRef, Value};

/// A text to compile.
pub(crate) struct Unit<'a> {
    pub(crate) source: &'a [u8],
    /// The name of the chunk, with its `@` or `=`.
    pub(crate) chunk: &'a [u8],
    pub(crate) purpose: Purpose,
}

/// The use of a text that is compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    Script,
    /// A script whose local variables a debugger sees.
    Debugging,
    /// A part of the libraries.
    Library,
}

/// Compiles a script.
pub(crate) fn compile(
    unit: &Unit<'_>,
    heap: &mut Heap,
    drafts: &mut Drafts,
) -> Result<Arc<Proto>, SyntaxError> {
    let function = parse::parse(unit.source, unit.chunk, heap)?;
    let shared = Shared {
        chunk: unit.chunk.into(),
        purpose: unit.purpose,
        hidden: hidden_names(unit.purpose, heap)?,
    };
    let compiled = Gen::new(&function, &shared, Vec::new(), drafts).function();
    compiled.map_err(|TooComplex(text)| {
        let mut message = shown_name(unit.chunk);
        message.extend_from_slice(format!(":{}: {text}", function.line.max(1)).as_bytes());
        SyntaxError(message)
    })
}

/// The facts that all functions of a script share.
struct Shared {
    chunk: Arc<[u8]>,
    purpose: Purpose,
    /// The names of what loops keep beside their variables; for a debugger.
    hidden: Vec<StrRef>,
}

/// The names for loops that count, and for those over an iterator.
fn hidden_names(purpose: Purpose, heap: &mut Heap) -> Result<Vec<StrRef>, NoRoom> {
    if purpose != Purpose::Debugging {
        return Ok(Vec::new());
    }
    let names = ["index", "limit", "step", "generator", "state", "control"];
    names
        .into_iter()
        .map(|name| heap.string(format!("(for {name})").as_bytes()))
        .collect()
}

/// A function needs more than instructions can name.
#[derive(Debug)]
struct TooComplex(&'static str);

type Compiled<T> = Result<T, TooComplex>;

/// A function that is being compiled.
struct Gen<'a> {
    function: &'a Function,
    shared: &'a Shared,
    proto: Proto,
    protos: Vec<Arc<Proto>>,
    draft: Draft,
    drafts: &'a mut Drafts,
    /// The first register that nothing uses.
    free: usize,
    /// Whether each upvalue is a cell.
    cells: Vec<bool>,
    line: u32,
}

/// A place that an assignment writes.
enum Place {
    Local(u16),
    Upvalue(u8),
    Global(StrRef),
    Field { table: u8, key: u16 },
}

impl<'a> Gen<'a> {
    fn new(
        function: &'a Function,
        shared: &'a Shared,
        cells: Vec<bool>,
        drafts: &'a mut Drafts,
    ) -> Self {
        let proto = Proto {
            params: function.params,
            is_vararg: function.is_vararg,
            has_arg_table: function.has_arg_table,
            chunk: Arc::clone(&shared.chunk),
            is_library: shared.purpose == Purpose::Library,
            stack: 2,
            ..Proto::default()
        };
        Self {
            function,
            shared,
            proto,
            protos: Vec::new(),
            draft: drafts.take(function.locals.len()),
            drafts,
            free: 0,
            cells,
            line: function.line.max(1),
        }
    }

    fn function(mut self) -> Compiled<Arc<Proto>> {
        let with_arg = usize::from(self.function.is_vararg && self.function.line > 0);
        for id in 0..usize::from(self.function.params) + with_arg {
            self.declare(id as u16)?;
        }
        self.statements(&self.function.body)?;
        self.line = self.function.end_line;
        self.emit(Op::Return { first: 0, count: 0 });
        self.draft.hide_locals(0);
        let draft = self.draft;
        self.proto.locals = draft.locals.as_slice().into();
        self.proto.code = draft.code.as_slice().into();
        self.proto.lines = draft.lines.as_slice().into();
        self.proto.names = draft.names.as_slice().into();
        self.proto.consts = draft.consts.list().into();
        self.proto.protos = self.protos.into();
        self.drafts.put_back(draft);
        Ok(Arc::new(self.proto))
    }

    /// A function within this one.
    fn inner(&mut self, function: &Function) -> Compiled<u32> {
        let cells = function.upvalues.iter().map(|up| self.is_cell(up.from));
        let cells = cells.collect();
        let mut inner = Gen::new(function, self.shared, cells, &mut *self.drafts);
        inner.proto.captures = (function.upvalues.iter())
            .map(|up| match up.from {
                Source::Local(id) => Source::Local(self.draft.registers[usize::from(id)].into()),
                upvalue @ Source::Upvalue(_) => upvalue,
            })
            .collect();
        let inner = inner.function()?;
        self.protos.push(inner);
        // The instruction that makes the function is at its end.
        self.line = function.end_line;
        Ok(self.protos.len() as u32 - 1)
    }

    fn is_cell(&self, source: Source) -> bool {
        match source {
            Source::Local(id) => {
                let local = &self.function.locals[usize::from(id)];
                local.is_captured && local.is_assigned
            }
            Source::Upvalue(idx) => self.cells[usize::from(idx)],
        }
    }

    fn emit(&mut self, op: Op) -> usize {
        self.draft.code.push(op);
        self.draft.lines.push(self.line);
        self.draft.here() - 1
    }

    /// Lets a jump go to the next instruction.
    fn land(&mut self, jump: usize) {
        self.draft.retarget(jump, self.draft.here());
    }

    fn land_all(&mut self, jumps: Jumps) {
        self.draft.retarget_all(jumps, self.draft.here());
    }

    fn constant(&mut self, value: Value) -> u32 {
        self.draft.consts.place(value)
    }

    /// A constant as an operand, if its number is small enough.
    fn short_constant(&mut self, value: Value) -> Option<u16> {
        let k = u16::try_from(self.constant(value)).ok()?;
        (k < CONSTANT).then_some(k)
    }

    /// Takes registers above all that are in use; the first of them.
    fn take(&mut self, count: usize) -> Compiled<u8> {
        let first = self.free;
        self.free += count;
        if self.free > REGISTERS_MAX {
            return Err(TooComplex("function or expression too complex"));
        }
        self.proto.stack = self.proto.stack.max(self.free as u8 + 2);
        Ok(first as u8)
    }

    /// Notes what an operand of the next instruction is called.
    fn name(&mut self, slot: u8, expr: &Expr) {
        let named = match expr {
            Expr::Local(id) => (
                NameKind::Local,
                Some(self.function.locals[usize::from(*id)].name),
            ),
            Expr::Upvalue(idx) => {
                let name = self.function.upvalues[usize::from(*idx)].name;
                (NameKind::Upvalue, Some(name))
            }
            Expr::Global(name, _) => (NameKind::Global, Some(*name)),
            Expr::Index(pair) => match pair.right {
                Expr::Str(name) => (NameKind::Field, Some(name)),
                _ => (NameKind::Field, None),
            },
            Expr::Paren(inner) => return self.name(slot, inner),
            _ => return,
        };
        self.push_name(slot, named.0, named.1);
    }

    fn push_name(&mut self, slot: u8, kind: NameKind, name: Option<StrRef>) {
        let at = self.draft.here() as u32;
        self.draft.names.push(OperandName {
            at,
            slot,
            kind,
            name,
        });
    }

    /// Gives a local the next register, whose value is its first.
    fn declare(&mut self, id: u16) -> Compiled<()> {
        let at = self.take(1)?;
        self.settle(id, at);
        Ok(())
    }

    /// Makes a register, whose value is there, that of a local.
    fn settle(&mut self, id: u16, at: u8) {
        self.draft.registers[usize::from(id)] = at;
        if self.is_cell(Source::Local(id)) {
            self.emit(Op::NewCell { at });
        }
        if self.shared.purpose == Purpose::Debugging {
            let name = self.function.locals[usize::from(id)].name;
            self.draft.show_local(name, at);
        }
    }

    /// Shows a debugger the three values of a loop; their names are those from `first` on.
    fn show_hidden(&mut self, first: usize, base: u8) {
        for (register, name) in (base..).zip(self.shared.hidden.iter().skip(first).take(3)) {
            self.draft.show_local(*name, register);
        }
    }

    /// Frees registers from `free` on.
    fn leave_scope(&mut self, free: usize) {
        self.free = free;
        if self.shared.purpose == Purpose::Debugging {
            self.draft.hide_locals(free);
        }
    }

    fn block(&mut self, block: &Block) -> Compiled<()> {
        let free = self.free;
        self.statements(block)?;
        self.leave_scope(free);
        Ok(())
    }

    fn statements(&mut self, block: &Block) -> Compiled<()> {
        block.iter().try_for_each(|(line, stat)| {
            self.line = *line;
            self.statement(stat)
        })
    }

    fn statement(&mut self, stat: &Stat) -> Compiled<()> {
        match stat {
            Stat::Local {
                first,
                count,
                exprs,
                line,
            } => return self.local(*first, *count, exprs, *line),
            Stat::LocalFunction(id, function) => return self.local_function(*id, function),
            _ => {}
        }
        let free = self.free;
        match stat {
            Stat::Local { .. } | Stat::LocalFunction(..) => {}
            Stat::Assign {
                targets,
                exprs,
                line,
            } => self.assign(targets, exprs, *line)?,
            Stat::Call(call) => self.call_for(call, 0)?,
            Stat::Do(body) => self.statements(body)?,
            Stat::While(condition, body) => self.while_loop(condition, body)?,
            Stat::Repeat(body, condition, line) => self.repeat_loop(body, condition, *line)?,
            Stat::If(arms, otherwise) => self.branches(arms, otherwise.as_ref())?,
            Stat::NumericFor(numeric) => self.numeric_for(numeric)?,
            Stat::GenericFor {
                first,
                count,
                exprs,
                body,
                line,
            } => {
                let base = self.take(0)?;
                self.line = *line;
                self.exprs_to(exprs, 3)?;
                self.generic_for(base, (*first, *count), body, *line)?;
            }
            Stat::Return(exprs, line) => self.return_values(exprs, *line)?,
            Stat::Break => {
                let breaks = self.draft.breaks.pop().expect("in a loop");
                let jump = Jumps::one(self.emit(Op::Jump { to: NOWHERE }));
                let breaks = self.draft.joined(breaks, jump);
                self.draft.breaks.push(breaks);
            }
        }
        self.leave_scope(free);
        Ok(())
    }

    fn local(&mut self, first: u16, count: u16, exprs: &[Expr], line: u32) -> Compiled<()> {
        let base = self.take(0)?;
        self.line = line;
        self.exprs_to(exprs, usize::from(count))?;
        for idx in 0..count {
            self.settle(first + idx, base + idx as u8);
        }
        Ok(())
    }

    fn local_function(&mut self, id: u16, function: &Function) -> Compiled<()> {
        let at = self.take(1)?;
        if !self.is_cell(Source::Local(id)) {
            self.draft.registers[usize::from(id)] = at;
            let k = self.inner(function)?;
            self.emit(Op::Closure { to: at, k });
            self.settle(id, at);
            return Ok(());
        }
        self.emit(Op::LoadNil { to: at, count: 1 });
        self.settle(id, at);
        let k = self.inner(function)?;
        let made = self.take(1)?;
        self.emit(Op::Closure { to: made, k });
        self.emit(Op::SetCell {
            cell: at,
            from: made.into(),
        });
        self.free = usize::from(made);
        Ok(())
    }

    fn assign(&mut self, targets: &[Expr], exprs: &[Expr], line: u32) -> Compiled<()> {
        if let ([target], [expr]) = (targets, exprs) {
            return self.assign_one(target, expr, line);
        }
        let mut places = Vec::with_capacity(targets.len());
        for target in targets {
            // A local among the targets may be the table or key of another.
            places.push(self.place(target, true)?);
        }
        let first = self.free;
        self.exprs_to(exprs, targets.len())?;
        self.line = line;
        for (idx, place) in places.iter().enumerate().rev() {
            self.name_place(place, &targets[idx]);
            self.store(place, (first + idx) as u16);
        }
        Ok(())
    }

    fn assign_one(&mut self, target: &Expr, expr: &Expr, line: u32) -> Compiled<()> {
        if let Expr::Local(id) = target
            && !self.is_cell(Source::Local(*id))
        {
            let at = self.draft.registers[usize::from(*id)];
            if Self::reads_before_writing(expr) {
                return self.expr_to(expr, at);
            }
            let value = self.expr_next(expr)?;
            self.emit(Op::Move {
                to: at,
                from: value,
            });
            return Ok(());
        }
        let place = self.place(target, false)?;
        let value = self.rk(expr)?;
        self.line = line;
        self.name_place(&place, target);
        self.store(&place, value);
        Ok(())
    }

    /// Whether an expression may be computed into the register of a local that it uses.
    const fn reads_before_writing(expr: &Expr) -> bool {
        !matches!(
            expr,
            Expr::And(_) | Expr::Or(_) | Expr::Table(_) | Expr::Unary(..) | Expr::Paren(_)
        ) && !matches!(
            expr,
            Expr::Binary(binary, _) if binary.is_comparison()
        )
    }

    fn place(&mut self, target: &Expr, copies: bool) -> Compiled<Place> {
        Ok(match target {
            Expr::Local(id) => Place::Local(*id),
            Expr::Upvalue(idx) => Place::Upvalue(*idx),
            Expr::Global(name, _) => Place::Global(*name),
            Expr::Index(pair) => {
                let table = match copies {
                    true => self.expr_next(&pair.left)?,
                    false => self.expr_any(&pair.left)?,
                };
                let key = match (copies, &pair.right) {
                    (true, Expr::Local(_)) => self.expr_next(&pair.right)?.into(),
                    _ => self.rk(&pair.right)?,
                };
                Place::Field { table, key }
            }
            _ => unreachable!("the parser lets only places be assigned"),
        })
    }

    fn name_place(&mut self, place: &Place, target: &Expr) {
        if let (Place::Field { .. }, Expr::Index(pair)) = (place, target) {
            self.name(0, &pair.left);
        }
    }

    fn store(&mut self, place: &Place, from: u16) {
        match *place {
            Place::Local(id) => {
                let at = self.draft.registers[usize::from(id)];
                if self.is_cell(Source::Local(id)) {
                    self.emit(Op::SetCell { cell: at, from });
                } else {
                    self.emit(Op::Move {
                        to: at,
                        from: from as u8,
                    });
                }
            }
            Place::Upvalue(up) => {
                self.emit(Op::SetUpCell { up, from });
            }
            Place::Global(name) => {
                let k = self.constant(Value::Str(name));
                self.emit(Op::SetGlobal { k, from });
            }
            Place::Field { table, key } => {
                self.emit(Op::SetIndex {
                    table,
                    key,
                    value: from,
                });
            }
        }
    }

    fn branches(&mut self, arms: &[Arm], otherwise: Option<&Block>) -> Compiled<()> {
        let mut ends = Jumps::NONE;
        for (idx, arm) in arms.iter().enumerate() {
            self.line = arm.line;
            let skips = self.jump_unless(&arm.condition)?;
            self.block(&arm.body)?;
            if idx + 1 < arms.len() || otherwise.is_some() {
                let end = Jumps::one(self.emit(Op::Jump { to: NOWHERE }));
                ends = self.draft.joined(ends, end);
            }
            self.land_all(skips);
        }
        if let Some(body) = otherwise {
            self.block(body)?;
        }
        self.land_all(ends);
        Ok(())
    }

    fn return_values(&mut self, exprs: &[Expr], line: u32) -> Compiled<()> {
        if let [Expr::Call(call)] = exprs {
            let base = self.take(0)?;
            let args = self.call_parts(call)?;
            self.line = call.line;
            self.name_function(call);
            self.emit(Op::TailCall { base, args });
            // A function written in Rust runs in the frame that returns its results.
            self.emit(Op::Return {
                first: base,
                count: MULTI,
            });
            return Ok(());
        }
        let (first, count) = match exprs {
            [Expr::Local(id)] if !self.is_cell(Source::Local(*id)) => {
                (self.draft.registers[usize::from(*id)], 1)
            }
            _ => (self.take(0)?, self.open_exprs(exprs)?),
        };
        self.line = line;
        self.emit(Op::Return { first, count });
        Ok(())
    }

    /// Computes expressions into registers in a row, the last with all its values; how many.
    fn open_exprs(&mut self, exprs: &[Expr]) -> Compiled<u8> {
        let Some((last, rest)) = exprs.split_last() else {
            return Ok(0);
        };
        for expr in rest {
            self.expr_next(expr)?;
        }
        if last.is_multi() {
            self.multi(last, MULTI)?;
            return Ok(MULTI);
        }
        self.expr_next(last)?;
        Ok(exprs.len() as u8)
    }

    /// Computes expressions into exactly `count` registers in a row.
    fn exprs_to(&mut self, exprs: &[Expr], count: usize) -> Compiled<()> {
        let first = self.free;
        for (idx, expr) in exprs.iter().enumerate() {
            let is_last = idx + 1 == exprs.len();
            if is_last && expr.is_multi() && count > idx {
                let wanted = count - idx;
                self.multi(expr, wanted as u8)?;
                self.free = first + idx;
                self.take(wanted)?;
                return Ok(());
            }
            self.expr_next(expr)?;
            if idx >= count {
                self.free -= 1;
            }
        }
        if exprs.len() < count {
            let missing = count - exprs.len();
            let to = self.take(missing)?;
            self.emit(Op::LoadNil {
                to,
                count: missing as u8,
            });
        }
        Ok(())
    }
}

/// The most registers of a function.
const REGISTERS_MAX: usize = 250;

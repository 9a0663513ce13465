//! From expressions to instructions.
//!
//! Always true: `expr_to` writes its register last, after all operands are read, except where
//! `reads_before_writing` says otherwise.
//! Not here: statements — `compile.rs`

use super::draft::{Jumps, NOWHERE};
use super::{Compiled, Gen};
use crate::ast::{Binary, Call, Constructor, Expr, Item, Pair, Source, Unary};
use crate::code::{Arith, CONSTANT, MULTI, NameKind, Op};
use crate::value::Value;

impl Binary {
    pub(super) const fn is_comparison(self) -> bool {
        self.arith().is_none() && !matches!(self, Self::Concat)
    }

    const fn arith(self) -> Option<Arith> {
        Some(match self {
            Self::Add => Arith::Add,
            Self::Sub => Arith::Sub,
            Self::Mul => Arith::Mul,
            Self::Div => Arith::Div,
            Self::Mod => Arith::Mod,
            Self::Pow => Arith::Pow,
            _ => return None,
        })
    }
}

impl Gen<'_> {
    /// Computes an expression into a register of its own.
    pub(super) fn expr_next(&mut self, expr: &Expr) -> Compiled<u8> {
        let to = self.take(1)?;
        self.expr_to(expr, to)?;
        Ok(to)
    }

    /// Computes an expression into any register: that of a local stays where it is.
    pub(super) fn expr_any(&mut self, expr: &Expr) -> Compiled<u8> {
        match expr {
            Expr::Local(id) if !self.is_cell(Source::Local(*id)) => {
                Ok(self.draft.registers[usize::from(*id)])
            }
            _ => self.expr_next(expr),
        }
    }

    /// Computes an expression into an operand.
    pub(super) fn rk(&mut self, expr: &Expr) -> Compiled<u16> {
        let constant = match expr {
            Expr::Num(number) => Some(Value::Num(*number)),
            Expr::Str(text) => Some(Value::Str(*text)),
            _ => None,
        };
        if let Some(value) = constant
            && let Some(k) = self.short_constant(value)
        {
            return Ok(k | CONSTANT);
        }
        Ok(self.expr_any(expr)?.into())
    }

    /// Computes an expression into a register. Temporaries are free again after it.
    pub(super) fn expr_to(&mut self, expr: &Expr, to: u8) -> Compiled<()> {
        let free = self.free;
        self.compute(expr, to)?;
        self.free = free;
        Ok(())
    }

    fn compute(&mut self, expr: &Expr, to: u8) -> Compiled<()> {
        match expr {
            Expr::Nil => {
                self.emit(Op::LoadNil { to, count: 1 });
            }
            Expr::Bool(value) => {
                self.emit(Op::LoadBool { to, value: *value });
            }
            Expr::Num(number) => {
                let k = self.constant(Value::Num(*number));
                self.emit(Op::LoadK { to, k });
            }
            Expr::Str(text) => {
                let k = self.constant(Value::Str(*text));
                self.emit(Op::LoadK { to, k });
            }
            Expr::Local(id) => self.load_local(*id, to),
            Expr::Upvalue(up) => {
                let (up, is_cell) = (*up, self.cells[usize::from(*up)]);
                let op = if is_cell {
                    Op::GetUpCell { to, up }
                } else {
                    Op::GetUp { to, up }
                };
                self.emit(op);
            }
            Expr::Global(name, line) => {
                let k = self.constant(Value::Str(*name));
                self.line = *line;
                self.emit(Op::GetGlobal { to, k });
            }
            Expr::Function(function) => {
                let k = self.inner(function)?;
                self.emit(Op::Closure { to, k });
            }
            Expr::Index(pair) => self.index(pair, to)?,
            Expr::Call(_) | Expr::Vararg => self.single(expr, to)?,
            Expr::Paren(inner) => self.compute(inner, to)?,
            Expr::And(pair) => self.short_circuit(pair, to, |at, to| Op::JumpIfNot { at, to })?,
            Expr::Or(pair) => self.short_circuit(pair, to, |at, to| Op::JumpIf { at, to })?,
            Expr::Unary(unary, operand, line) => self.unary(*unary, operand, *line, to)?,
            Expr::Binary(binary, pair) => self.binary(*binary, pair, to)?,
            Expr::Table(table) => self.table(table, to)?,
        }
        Ok(())
    }

    fn load_local(&mut self, id: u16, to: u8) {
        let from = self.draft.registers[usize::from(id)];
        if self.is_cell(Source::Local(id)) {
            self.emit(Op::GetCell { to, cell: from });
        } else if from != to {
            self.emit(Op::Move { to, from });
        }
    }

    fn index(&mut self, pair: &Pair, to: u8) -> Compiled<()> {
        let table = self.expr_any(&pair.left)?;
        let key = self.rk(&pair.right)?;
        self.line = pair.line;
        self.name(0, &pair.left);
        let k = key & !CONSTANT;
        let is_field = key != k && matches!(pair.right, Expr::Str(_));
        self.emit(match is_field {
            true => Op::GetField { to, table, k },
            false => Op::GetIndex { to, table, key },
        });
        Ok(())
    }

    /// The first value of a call or of `...`.
    fn single(&mut self, expr: &Expr, to: u8) -> Compiled<()> {
        if matches!(expr, Expr::Vararg) {
            self.emit(Op::Vararg { to, count: 1 });
            return Ok(());
        }
        let base = self.take(0)?;
        self.call_for(expr, 1)?;
        if base != to {
            self.emit(Op::Move { to, from: base });
        }
        Ok(())
    }

    /// Computes `count` values of a call or of `...` into registers above all that are in use.
    pub(super) fn multi(&mut self, expr: &Expr, count: u8) -> Compiled<()> {
        if matches!(expr, Expr::Vararg) {
            let wanted = if count == MULTI {
                0
            } else {
                usize::from(count)
            };
            let to = self.take(wanted)?;
            self.emit(Op::Vararg { to, count });
            return Ok(());
        }
        self.call_for(expr, count)
    }

    pub(super) fn call_for(&mut self, expr: &Expr, results: u8) -> Compiled<()> {
        let Expr::Call(call) = expr else {
            unreachable!("the caller has seen that it is a call");
        };
        let base = self.take(0)?;
        let args = self.call_parts(call)?;
        self.line = call.line;
        self.name_function(call);
        self.emit(Op::Call {
            base,
            args,
            results,
        });
        self.free = usize::from(base);
        if results != MULTI {
            self.take(usize::from(results))?;
            self.free = usize::from(base);
        }
        Ok(())
    }

    pub(super) fn name_function(&mut self, call: &Call) {
        match call.method {
            Some(name) => self.push_name(0, NameKind::Method, Some(name)),
            None => self.name(0, &call.func),
        }
    }

    /// Loads a function and its arguments; how many arguments there are.
    pub(super) fn call_parts(&mut self, call: &Call) -> Compiled<u8> {
        let with_self = match call.method {
            None => {
                self.expr_next(&call.func)?;
                0
            }
            Some(name) => {
                let to = self.take(2)?;
                self.free -= 1;
                let object = self.expr_any(&call.func)?;
                self.free = usize::from(to) + 2;
                self.method(to, object, name, &call.func)?;
                1
            }
        };
        let args = self.open_exprs(&call.args)?;
        Ok(if args == MULTI {
            MULTI
        } else {
            args + with_self
        })
    }

    fn method(
        &mut self,
        to: u8,
        object: u8,
        name: crate::value::StrRef,
        func: &Expr,
    ) -> Compiled<()> {
        if let Some(k) = self.short_constant(Value::Str(name)) {
            self.name(0, func);
            self.emit(Op::Method { to, object, k });
            return Ok(());
        }
        let k = self.constant(Value::Str(name));
        let key = self.take(1)?;
        self.emit(Op::LoadK { to: key, k });
        self.free = usize::from(key);
        self.name(0, func);
        self.emit(Op::GetIndex {
            to,
            table: object,
            key: key.into(),
        });
        self.emit(Op::Move {
            to: to + 1,
            from: object,
        });
        Ok(())
    }

    fn short_circuit(&mut self, pair: &Pair, to: u8, jump: impl Fn(u8, u32) -> Op) -> Compiled<()> {
        self.expr_to(&pair.left, to)?;
        let skip = self.emit(jump(to, 0));
        self.expr_to(&pair.right, to)?;
        self.land(skip);
        Ok(())
    }

    fn unary(&mut self, unary: Unary, operand: &Expr, line: u32, to: u8) -> Compiled<()> {
        let from = self.expr_any(operand)?;
        self.line = line;
        self.name(0, operand);
        self.emit(match unary {
            Unary::Minus => Op::Neg { to, from },
            Unary::Not => Op::Not { to, from },
            Unary::Len => Op::Len { to, from },
        });
        Ok(())
    }

    fn binary(&mut self, binary: Binary, pair: &Pair, to: u8) -> Compiled<()> {
        if let Some(op) = binary.arith() {
            let a = self.rk(&pair.left)?;
            let b = self.rk(&pair.right)?;
            self.line = pair.line;
            self.name(0, &pair.left);
            self.name(1, &pair.right);
            self.emit(op.op(to, a, b));
            return Ok(());
        }
        if binary == Binary::Concat {
            return self.concat(pair, to);
        }
        let jump = self.compare(binary, pair, true)?;
        self.emit(Op::LoadBool { to, value: false });
        let end = self.emit(Op::Jump { to: 0 });
        self.land(jump);
        self.emit(Op::LoadBool { to, value: true });
        self.land(end);
        Ok(())
    }

    /// A chain of concatenations, which associates to the right, in one instruction.
    fn concat(&mut self, pair: &Pair, to: u8) -> Compiled<()> {
        let first = self.expr_next(&pair.left)?;
        let mut operands = vec![&pair.left];
        let mut rest = &pair.right;
        while let Expr::Binary(Binary::Concat, inner) = rest {
            self.expr_next(&inner.left)?;
            operands.push(&inner.left);
            rest = &inner.right;
        }
        self.expr_next(rest)?;
        operands.push(rest);
        self.line = pair.line;
        for (slot, operand) in operands.iter().enumerate() {
            self.name(slot as u8, operand);
        }
        self.emit(Op::Concat {
            to,
            first,
            count: operands.len() as u8,
        });
        Ok(())
    }

    /// A comparison, and the jump that is done if its result is `want`.
    fn compare(&mut self, binary: Binary, pair: &Pair, want: bool) -> Compiled<usize> {
        let free = self.free;
        let a = self.rk(&pair.left)?;
        let b = self.rk(&pair.right)?;
        self.free = free;
        self.line = pair.line;
        self.emit(match binary {
            Binary::Eq => Op::Eq { want, a, b },
            Binary::Ne => Op::Eq { want: !want, a, b },
            Binary::Lt => Op::Lt { want, a, b },
            Binary::Le => Op::Le { want, a, b },
            Binary::Gt => Op::Lt { want, a: b, b: a },
            Binary::Ge => Op::Le { want, a: b, b: a },
            _ => unreachable!("no comparison"),
        });
        Ok(self.emit(Op::Jump { to: NOWHERE }))
    }

    /// Emits jumps that are done unless a condition holds.
    pub(super) fn jump_unless(&mut self, condition: &Expr) -> Compiled<Jumps> {
        match condition {
            Expr::And(pair) => {
                let left = self.jump_unless(&pair.left)?;
                let right = self.jump_unless(&pair.right)?;
                Ok(self.draft.joined(left, right))
            }
            Expr::Or(pair) => {
                let holds = self.jump_if(&pair.left)?;
                let jumps = self.jump_unless(&pair.right)?;
                self.land_all(holds);
                Ok(jumps)
            }
            _ => self.jump_when(condition, false),
        }
    }

    /// Emits jumps that are done if a condition holds.
    fn jump_if(&mut self, condition: &Expr) -> Compiled<Jumps> {
        match condition {
            Expr::Or(pair) => {
                let left = self.jump_if(&pair.left)?;
                let right = self.jump_if(&pair.right)?;
                Ok(self.draft.joined(left, right))
            }
            Expr::And(pair) => {
                let fails = self.jump_unless(&pair.left)?;
                let jumps = self.jump_if(&pair.right)?;
                self.land_all(fails);
                Ok(jumps)
            }
            _ => self.jump_when(condition, true),
        }
    }

    fn jump_when(&mut self, condition: &Expr, want: bool) -> Compiled<Jumps> {
        match condition {
            Expr::Unary(Unary::Not, operand, _) if want => self.jump_unless(operand),
            Expr::Unary(Unary::Not, operand, _) => self.jump_if(operand),
            Expr::Binary(binary, pair) if binary.is_comparison() => {
                Ok(Jumps::one(self.compare(*binary, pair, want)?))
            }
            Expr::Bool(value) if *value != want => Ok(Jumps::NONE),
            Expr::Paren(inner) if !inner.is_multi() && want => self.jump_if(inner),
            Expr::Paren(inner) if !inner.is_multi() => self.jump_unless(inner),
            _ => {
                let free = self.free;
                let at = self.expr_any(condition)?;
                self.free = free;
                let jump = match want {
                    true => Op::JumpIf { at, to: NOWHERE },
                    false => Op::JumpIfNot { at, to: NOWHERE },
                };
                Ok(Jumps::one(self.emit(jump)))
            }
        }
    }

    fn table(&mut self, table: &Constructor, to: u8) -> Compiled<()> {
        let is_open = matches!(table.items.last(), Some(Item::Positional(expr)) if expr.is_multi());
        let positional = table
            .items
            .iter()
            .filter(|item| matches!(item, Item::Positional(_)));
        let elements = positional.count();
        let size = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        // The table is made above the registers in use, so that its elements follow it.
        let at = self.take(1)?;
        self.line = table.line;
        self.emit(Op::NewTable {
            to: at,
            elements: size(elements - usize::from(is_open)),
            fields: size(table.items.len() - elements),
        });
        let (mut stored, mut pending) = (0, 0);
        for (idx, item) in table.items.iter().enumerate() {
            match item {
                Item::Field(key, value) => self.table_field(at, key, value)?,
                Item::Positional(expr) if is_open && idx + 1 == table.items.len() => {
                    self.multi(expr, MULTI)?;
                    self.set_list(at, MULTI, stored);
                    pending = 0;
                }
                Item::Positional(expr) => {
                    self.expr_next(expr)?;
                    pending += 1;
                }
            }
            if pending == LIST_BATCH {
                self.set_list(at, LIST_BATCH, stored);
                stored += u32::from(LIST_BATCH);
                pending = 0;
            }
        }
        if pending > 0 {
            self.set_list(at, pending, stored);
        }
        if at != to {
            self.emit(Op::Move { to, from: at });
        }
        Ok(())
    }

    fn table_field(&mut self, table: u8, key: &Expr, value: &Expr) -> Compiled<()> {
        let free = self.free;
        let key = self.rk(key)?;
        let value = self.rk(value)?;
        self.emit(Op::SetIndex { table, key, value });
        self.free = free;
        Ok(())
    }

    fn set_list(&mut self, table: u8, count: u8, start: u32) {
        self.emit(Op::SetList {
            table,
            count,
            start,
        });
        self.free = usize::from(table) + 1;
    }
}

/// How many elements of a table are stored at once.
const LIST_BATCH: u8 = 50;

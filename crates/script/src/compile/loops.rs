//! Loops, and the jumps out of them.
//!
//! Always true: a loop's jumps are closed where it ends.
//! Not here: other statements — `compile.rs`

use super::draft::Jumps;
use super::{Compiled, Gen};
use crate::ast::{Block, Expr, NumericFor};
use crate::code::Op;

impl Gen<'_> {
    pub(super) fn while_loop(&mut self, condition: &Expr, body: &Block) -> Compiled<()> {
        let start = self.draft.here();
        let exits = self.jump_unless(condition)?;
        self.draft.breaks.push(Jumps::NONE);
        self.block(body)?;
        let back = self.emit(Op::Jump { to: 0 });
        self.draft.retarget(back, start);
        self.land_all(exits);
        self.end_loop();
        Ok(())
    }

    fn end_loop(&mut self) {
        let breaks = self.draft.breaks.pop().expect("a loop is open");
        self.land_all(breaks);
    }

    pub(super) fn repeat_loop(
        &mut self,
        body: &Block,
        condition: &Expr,
        line: u32,
    ) -> Compiled<()> {
        let start = self.draft.here();
        self.draft.breaks.push(Jumps::NONE);
        self.statements(body)?;
        self.line = line;
        let exits = self.jump_unless(condition)?;
        self.draft.retarget_all(exits, start);
        self.end_loop();
        Ok(())
    }

    pub(super) fn numeric_for(&mut self, numeric: &NumericFor) -> Compiled<()> {
        let base = self.expr_next(&numeric.start)?;
        self.expr_next(&numeric.limit)?;
        match &numeric.step {
            Some(step) => self.expr_next(step)?,
            None => self.expr_next(&Expr::Num(1.0))?,
        };
        self.line = numeric.line;
        self.show_hidden(0, base);
        let enter = self.emit(Op::ForPrep { base, to: 0 });
        let body = self.draft.here();
        self.draft.breaks.push(Jumps::NONE);
        self.declare(numeric.var)?;
        self.statements(&numeric.body)?;
        self.land(enter);
        self.line = numeric.line;
        let again = self.emit(Op::ForLoop { base, to: 0 });
        self.draft.retarget(again, body);
        self.end_loop();
        Ok(())
    }

    pub(super) fn generic_for(
        &mut self,
        base: u8,
        (first, count): (u16, u16),
        body: &Block,
        line: u32,
    ) -> Compiled<()> {
        self.show_hidden(3, base);
        let enter = self.emit(Op::Jump { to: 0 });
        let start = self.draft.here();
        self.draft.breaks.push(Jumps::NONE);
        let vars = self.take(usize::from(count))?;
        // The call of the iterator needs three registers there.
        self.take(3)?;
        self.free = usize::from(vars) + usize::from(count);
        for idx in 0..count {
            self.settle(first + idx, vars + idx as u8);
        }
        self.statements(body)?;
        self.land(enter);
        self.line = line;
        self.emit(Op::ForCall {
            base,
            count: count as u8,
        });
        let again = self.emit(Op::ForNext { base, to: 0 });
        self.draft.retarget(again, start);
        self.end_loop();
        Ok(())
    }
}

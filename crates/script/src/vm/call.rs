//! Calls, and the way of results back to who waits for them.
//!
//! Always true: a call never recurses on the stack of the process, whatever calls whatever.
//! Not here: errors — `vm/raise.rs`

use super::state::{Args, Flow, Invoke, Raise, Resumer, Running, Vm};
use crate::code::MULTI;
use crate::host::ScriptHost;
use crate::thread::{Frame, LuaFrame, Pending, Protect, Protection, Status, WINDOW};
use crate::value::{FuncRef, NativeId, TableRef, ThreadRef, Value};

impl Vm {
    /// The instruction that calls; false if another frame is on top now.
    #[inline(always)]
    pub(super) fn call(
        &mut self,
        f: Running,
        base: u8,
        args: u8,
        results: u8,
        host: &mut dyn ScriptHost,
    ) -> Result<bool, Raise> {
        let at = f.base + usize::from(base);
        let count = self.arg_count(at, args);
        if let Value::Func(func) = self.thread.stack[at] {
            self.wait_for(Pending::store(at, results));
            self.enter(func, at, count)?;
            return Ok(false);
        }
        self.call_other(at, count, results, host)
    }

    /// Calls what is no function of Lua.
    #[inline(never)]
    fn call_other(
        &mut self,
        at: usize,
        count: usize,
        results: u8,
        host: &mut dyn ScriptHost,
    ) -> Result<bool, Raise> {
        let Value::Native(id) = self.thread.stack[at] else {
            self.wait_for(Pending::store(at, results));
            self.begin(at, count, host)?;
            return Ok(false);
        };
        let flow = self.invoke(id, at, count, host)?;
        if let Flow::Done = flow {
            self.store_out(at, results)?;
            self.collect_if_due();
            return Ok(true);
        }
        self.wait_for(Pending::store(at, results));
        self.follow(flow, at, host)?;
        Ok(false)
    }

    fn arg_count(&self, at: usize, args: u8) -> usize {
        match args {
            MULTI => self.multi_top.saturating_sub(at + 1),
            args => usize::from(args),
        }
    }

    /// A call whose results the frame returns: a function of Lua takes the frame's place.
    pub(super) fn tail_call(
        &mut self,
        f: Running,
        base: u8,
        args: u8,
        host: &mut dyn ScriptHost,
    ) -> Result<bool, Raise> {
        let at = f.base + usize::from(base);
        let Value::Func(func) = self.thread.stack[at] else {
            return self.call(f, base, args, MULTI, host);
        };
        let count = self.arg_count(at, args);
        let Some(Frame::Lua(frame)) = self.thread.frames.pop() else {
            unreachable!("its instruction runs");
        };
        if let Some(Frame::Lua(below)) = self.thread.frames.last() {
            self.at = below.pc as usize;
        }
        let floor = frame.floor as usize;
        self.thread.stack.copy_within(at..=at + count, floor);
        self.enter(func, floor, count)?;
        Ok(false)
    }

    /// Calls the iterator of a loop.
    pub(super) fn for_call(
        &mut self,
        f: Running,
        base: u8,
        count: u8,
        host: &mut dyn ScriptHost,
    ) -> Result<bool, Raise> {
        let at = f.base + usize::from(base);
        let (iterator, object, key) = (
            self.thread.stack[at],
            self.thread.stack[at + 1],
            self.thread.stack[at + 2],
        );
        if let Value::Table(table) = object
            && let Some(entry) = self.next_entry(iterator, table, key)?
        {
            let vars = &mut self.thread.stack[at + 3..at + 3 + usize::from(count)];
            vars.fill(Value::Nil);
            for (var, value) in vars.iter_mut().zip([entry.0, entry.1]) {
                *var = value;
            }
            return Ok(true);
        }
        self.thread.stack.copy_within(at..at + 3, at + 3);
        self.call(f, base + 3, 2, count, host)
    }

    /// The next entry that `pairs` and `ipairs` give, without a call; `None` for other iterators.
    fn next_entry(
        &self,
        iterator: Value,
        table: TableRef,
        key: Value,
    ) -> Result<Option<(Value, Value)>, Raise> {
        let table = self.heap.get(table);
        if iterator == self.next {
            let entry = table.next(key).map_err(|()| Raise::invalid_key())?;
            return Ok(Some(entry.unwrap_or_default()));
        }
        if let Value::Num(idx) = key
            && iterator == self.ipairs_next
        {
            let idx = idx + 1.0;
            let value = table.get(Value::Num(idx));
            let key = if value.is_nil() {
                Value::Nil
            } else {
                Value::Num(idx)
            };
            return Ok(Some((key, value)));
        }
        Ok(None)
    }

    /// Calls what lies at `at` with the arguments after it.
    pub(crate) fn begin(
        &mut self,
        at: usize,
        count: usize,
        host: &mut dyn ScriptHost,
    ) -> Result<(), Raise> {
        let (mut at, mut count) = (at, count);
        loop {
            let flow = match self.thread.stack[at] {
                Value::Func(func) => return self.enter(func, at, count),
                Value::Native(id) => self.invoke(id, at, count, host)?,
                other => {
                    self.insert_handler(other, at, count)?;
                    count += 1;
                    continue;
                }
            };
            match self.prepare(flow, at)? {
                Some(next) => (at, count) = next,
                None => return self.deliver(host),
            }
        }
    }

    /// Goes on after a function written in Rust.
    fn follow(&mut self, flow: Flow, at: usize, host: &mut dyn ScriptHost) -> Result<(), Raise> {
        match self.prepare(flow, at)? {
            Some((at, count)) => self.begin(at, count, host),
            None => self.deliver(host),
        }
    }

    /// Sets up what a function asks for: a call, with its place and number of arguments, or `None`
    /// where values are to be delivered.
    fn prepare(&mut self, flow: Flow, at: usize) -> Result<Option<(usize, usize)>, Raise> {
        match flow {
            Flow::Done => Ok(None),
            Flow::Call(protection) => {
                if let Some(kind) = protection {
                    self.protect(kind, at)?;
                }
                self.place_out(at).map(Some)
            }
            Flow::Resume { thread, is_wrap } => self.resume(thread, is_wrap),
            Flow::Yield => {
                self.suspend();
                Ok(None)
            }
        }
    }

    fn protect(&mut self, kind: Protection, at: usize) -> Result<(), Raise> {
        self.check_depth()?;
        self.sync();
        self.thread
            .frames
            .push(Frame::Protect(Protect { kind, at }));
        Ok(())
    }

    fn check_depth(&self) -> Result<(), Raise> {
        if self.thread.frames.len() >= FRAMES_MAX {
            return Err(Raise::run("stack overflow"));
        }
        Ok(())
    }

    /// Moves a function and its arguments from `out` into registers.
    pub(super) fn place_out(&mut self, at: usize) -> Result<(usize, usize), Raise> {
        let len = self.out.len();
        self.ensure_stack(at + len + 1)?;
        self.thread.stack[at..at + len].copy_from_slice(&self.out);
        self.out.clear();
        Ok((at, len - 1))
    }

    /// Puts the function that calls a value before it.
    fn insert_handler(&mut self, value: Value, at: usize, count: usize) -> Result<(), Raise> {
        let handler = self.metamethod(value, self.names.call);
        if !handler.is_function() {
            return Err(self.type_error("call", value, 0));
        }
        self.ensure_stack(at + count + 2)?;
        self.thread.stack.copy_within(at..=at + count, at + 1);
        self.thread.stack[at] = handler;
        Ok(())
    }

    fn invoke(
        &mut self,
        id: NativeId,
        at: usize,
        count: usize,
        host: &mut dyn ScriptHost,
    ) -> Result<Flow, Raise> {
        self.out.clear();
        let native = self.natives[usize::from(id.0)];
        let flow = (native.run)(&mut Invoke {
            vm: self,
            host,
            args: Args { at: at + 1, count },
        });
        let work = self.heap.take_work();
        self.spend(work);
        flow
    }

    /// Pushes the frame of a function of Lua.
    #[inline]
    pub(crate) fn enter(&mut self, func: FuncRef, at: usize, count: usize) -> Result<(), Raise> {
        self.check_depth()?;
        let proto = &self.heap.func(func).proto;
        let params = usize::from(proto.params);
        let registers = usize::from(proto.stack) + 1;
        if proto.is_vararg {
            return self.enter_vararg(func, at, count);
        }
        let base = at + 1;
        self.ensure_stack(base + registers)?;
        if count < params {
            self.thread.stack[base + count..base + params].fill(Value::Nil);
        }
        self.push_frame(func, at, base, 0);
        Ok(())
    }

    /// Pushes the frame of a function that takes any number of arguments.
    #[inline(never)]
    fn enter_vararg(&mut self, func: FuncRef, at: usize, count: usize) -> Result<(), Raise> {
        let proto = &self.heap.func(func).proto;
        let params = usize::from(proto.params);
        let (registers, has_arg_table) = (usize::from(proto.stack) + 1, proto.has_arg_table);
        let base = at + 1 + count;
        self.ensure_stack(base + registers)?;
        let stack = &mut self.thread.stack;
        let fixed = params.min(count);
        stack.copy_within(at + 1..at + 1 + fixed, base);
        stack[base + fixed..=base + params].fill(Value::Nil);
        let varargs = count - fixed;
        if has_arg_table {
            let table = self.arg_table(base - varargs, varargs)?;
            self.thread.stack[base + params] = table;
        }
        self.push_frame(func, at, base, varargs);
        Ok(())
    }

    #[inline]
    fn push_frame(&mut self, func: FuncRef, floor: usize, base: usize, varargs: usize) {
        self.at = 0;
        self.thread.frames.push(Frame::Lua(LuaFrame {
            func,
            floor: floor as u32,
            base: base as u32,
            pc: 0,
            varargs: varargs as u32,
            pending: Pending::Discard,
        }));
    }

    /// The table `arg` of old functions.
    fn arg_table(&mut self, first: usize, count: usize) -> Result<Value, Raise> {
        let table = self.heap.table(count, 1)?;
        for idx in 0..count {
            let value = self.thread.stack[first + idx];
            self.heap.set(table, Value::Num((idx + 1) as f64), value)?;
        }
        let n = Value::Str(self.names.n);
        self.heap.set(table, n, Value::Num(count as f64))?;
        Ok(Value::Table(table))
    }

    /// Lets the stack have `len` registers.
    #[inline]
    pub(crate) fn ensure_stack(&mut self, len: usize) -> Result<(), Raise> {
        if len <= self.thread.used {
            return Ok(());
        }
        self.grow_stack(len)
    }

    fn grow_stack(&mut self, len: usize) -> Result<(), Raise> {
        if len + WINDOW > self.thread.stack.len() {
            if len > STACK_MAX {
                return Err(Raise::run("stack overflow"));
            }
            let grown = len.next_power_of_two() + WINDOW;
            let size = grown * size_of::<Value>();
            self.heap.charge(size - self.thread.charged)?;
            self.thread.charged = size;
            self.thread.stack.resize(grown, Value::Nil);
        }
        self.thread.used = len;
        Ok(())
    }

    /// Ends a frame with values from its registers; false, as another frame is on top then.
    #[inline(always)]
    pub(super) fn return_from(
        &mut self,
        f: Running,
        first: u8,
        count: u8,
        host: &mut dyn ScriptHost,
    ) -> Result<bool, Raise> {
        let first = f.base + usize::from(first);
        let count = match count {
            MULTI => self.multi_top.saturating_sub(first),
            count => usize::from(count),
        };
        self.thread.frames.pop();
        if let Some(Frame::Lua(frame)) = self.thread.frames.last()
            && let Pending::Store { at, want } = frame.pending
            && want != MULTI
        {
            self.at = frame.pc as usize;
            let (at, stack) = (at as usize, &mut self.thread.stack);
            if want == 1 {
                let value = if count > 0 { stack[first] } else { Value::Nil };
                stack[at] = value;
                return Ok(false);
            }
            let want = usize::from(want);
            let moved = want.min(count);
            stack.copy_within(first..first + moved, at);
            stack[at + moved..at + want].fill(Value::Nil);
            return Ok(false);
        }
        self.out.clear();
        let values = &self.thread.stack[first..first + count];
        self.out.extend_from_slice(values);
        self.deliver(host)?;
        Ok(false)
    }

    /// Copies results into registers.
    fn store_out(&mut self, at: usize, want: u8) -> Result<(), Raise> {
        let len = self.out.len();
        if want == 1 {
            self.thread.stack[at] = self.out.first().copied().unwrap_or_default();
        } else if want == MULTI {
            self.ensure_stack(at + len)?;
            self.thread.stack[at..at + len].copy_from_slice(&self.out);
            self.multi_top = at + len;
        } else {
            for idx in 0..usize::from(want) {
                self.thread.stack[at + idx] = self.out.get(idx).copied().unwrap_or_default();
            }
        }
        self.out.clear();
        Ok(())
    }

    /// Gives the values in `out` to who waits for them.
    pub(crate) fn deliver(&mut self, host: &mut dyn ScriptHost) -> Result<(), Raise> {
        loop {
            match self.thread.frames.last() {
                Some(Frame::Lua(frame)) => {
                    let pending = frame.pending;
                    self.at = frame.pc as usize;
                    return self.take_results(pending, host);
                }
                Some(Frame::Protect(protect)) => {
                    let is_ok = !matches!(protect.kind, Protection::Handler);
                    self.thread.frames.pop();
                    self.out.insert(0, Value::Bool(is_ok));
                }
                None if self.resumers.is_empty() => return Ok(()),
                None => {
                    if !self.leave_coroutine(Status::Dead) {
                        self.out.insert(0, Value::Bool(true));
                    }
                }
            }
        }
    }

    fn take_results(&mut self, pending: Pending, host: &mut dyn ScriptHost) -> Result<(), Raise> {
        match pending {
            Pending::Store { at, want } => return self.store_out(at as usize, want),
            Pending::Discard => self.out.clear(),
            Pending::Compare { want, negate } => {
                let first = self.out.first().copied().unwrap_or_default();
                self.out.clear();
                let result = first.is_truthy() != negate;
                self.at += usize::from(result != want);
                self.sync();
            }
            Pending::Concat { to, first, count } => {
                let (to, first, count) = (to as usize, first as usize, usize::from(count));
                self.thread.stack[first + count - 1] =
                    self.out.first().copied().unwrap_or_default();
                self.out.clear();
                self.concat(to, first, count, host)?;
            }
        }
        Ok(())
    }

    /// Calls a function for an instruction of the frame on top.
    pub(crate) fn call_meta(
        &mut self,
        func: Value,
        args: &[Value],
        pending: Pending,
        host: &mut dyn ScriptHost,
    ) -> Result<(), Raise> {
        let Some(frame) = self.top_lua() else {
            unreachable!("an instruction runs");
        };
        let (base, func_of_frame) = (frame.base as usize, frame.func);
        let at = base + usize::from(self.heap.func(func_of_frame).proto.stack);
        self.wait_for(pending);
        self.ensure_stack(at + args.len() + 1)?;
        self.thread.stack[at] = func;
        self.thread.stack[at + 1..=at + args.len()].copy_from_slice(args);
        self.begin(at, args.len(), host)
    }

    /// Makes a coroutine the one that runs.
    fn resume(&mut self, id: ThreadRef, is_wrap: bool) -> Result<Option<(usize, usize)>, Raise> {
        if self.resumers.len() >= RESUMERS_MAX {
            return Err(Raise::run("C stack overflow"));
        }
        self.sync();
        let resumed = std::mem::take(self.heap.coroutine_mut(id));
        self.heap.coroutine_mut(id).status = Status::Running;
        if let Some(current) = self.current {
            self.heap.coroutine_mut(current).status = Status::Normal;
        }
        let is_new = resumed.status == Status::New;
        self.resumers.push(Resumer {
            thread: std::mem::replace(&mut self.thread, resumed),
            current: self.current.replace(id),
            is_wrap,
        });
        if !is_new {
            return Ok(None);
        }
        let func = self.thread.stack[0];
        self.out.insert(0, func);
        self.place_out(0).map(Some)
    }

    /// Stops the coroutine that runs; its values go to who resumed it.
    fn suspend(&mut self) {
        self.sync();
        if !self.leave_coroutine(Status::Suspended) {
            self.out.insert(0, Value::Bool(true));
        }
    }

    /// Goes back to who resumed the coroutine that runs; whether it is a wrapped one.
    pub(super) fn leave_coroutine(&mut self, status: Status) -> bool {
        let resumer = self
            .resumers
            .pop()
            .expect("the caller has seen that there is one");
        let mut left = std::mem::replace(&mut self.thread, resumer.thread);
        let id = std::mem::replace(&mut self.current, resumer.current);
        left.status = status;
        if status == Status::Dead {
            left.stack = Vec::new();
            left.used = 0;
            left.frames = Vec::new();
        }
        if let Some(id) = id {
            *self.heap.coroutine_mut(id) = left;
        }
        if let Some(current) = self.current {
            self.heap.coroutine_mut(current).status = Status::Running;
        }
        resumer.is_wrap
    }
}

/// The most calls within each other.
const FRAMES_MAX: usize = 20_000;
/// The most registers of a stack.
const STACK_MAX: usize = 1 << 20;
/// The most coroutines that wait for each other.
const RESUMERS_MAX: usize = 190;

//! Handlers for signals that mean a crash, and for the alarm; and what they may do.
//!
//! ```text
//!  SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT ─► Fault ─► Hooks::crashed ─► the end by that signal
//!  SIGALRM ─► Hooks::alarmed ─► goes on
//! ```
//! Promises of this file:
//! 1. A handler has the signature that the system calls for the flags it is installed with, and
//!    what the system passes to it is read only as the documentation of the signal says.
//! 2. The stack that the handlers run on is ours for ever.
//! 3. Handlers do only what `signal-safety(7)` allows, except for what a report does at its end:
//!    the process is lost by then, and an alarm ends it if the report does not come to its end.
//! 4. The address of the node is followed only on the thread of the loop, which stands still
//!    meanwhile and ends afterwards. A change that it was in may mislead, and crash again.
//! 5. Structures and buffers for system calls are ours, and valid when all their bytes are zero.
//!
//! Not here: the words of the report — `crash.rs`; long turns — `watchdog.rs`.
#![expect(unsafe_code, reason = "handlers of signals have no safe form")]

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

use libc::{c_int, c_uint, siginfo_t};
use russet_node::{LastWords, Node};

/// A signal that ends the process, and the place where it came.
pub(crate) struct Fault {
    pub(crate) signal: c_int,
    /// Why the signal came, as the system says.
    pub(crate) code: c_int,
    /// The address that could not be used, if the signal is about one.
    pub(crate) address: Option<usize>,
    /// The process and the user that sent the signal, if somebody did.
    pub(crate) sender: Option<(i32, u32)>,
    pub(crate) registers: Registers,
}

/// The functions that handlers call.
#[derive(Debug)]
pub(crate) struct Hooks {
    pub(crate) crashed: fn(&Fault),
    pub(crate) alarmed: fn(),
}

/// The instruction, and registers by name; empty for processors that are not known here.
#[derive(Default)]
pub(crate) struct Registers {
    pub(crate) instruction: usize,
    pub(crate) named: [(&'static str, u64); 18],
}

/// The most frames of a trace.
pub(crate) const FRAMES_MAX: usize = 64;

/// Signals that end a process which went wrong.
const CRASHES: [c_int; 5] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGILL,
    libc::SIGABRT,
];

/// Finding the names of functions for a report takes more stack than the runtime sets aside, and a
/// thread whose own stack overflowed has none.
const STACK_SIZE: usize = 512 << 10;

static HOOKS: OnceLock<Hooks> = OnceLock::new();

/// The thread that installed the handlers: that of the loop.
static LOOP_THREAD: AtomicI32 = AtomicI32::new(0);

/// The node, while the loop turns.
static NODE: AtomicPtr<Node> = AtomicPtr::new(ptr::null_mut());

/// Has signals handled from now on; the calling thread is that of the loop, and gets a stack for
/// it. Only the first call counts.
pub(crate) fn handle(hooks: Hooks) {
    if HOOKS.set(hooks).is_err() {
        return;
    }
    LOOP_THREAD.store(thread_id(), Ordering::Relaxed);
    let memory: &'static mut [u8] = Box::leak(vec![0; STACK_SIZE].into_boxed_slice());
    let stack = libc::stack_t {
        ss_sp: memory.as_mut_ptr().cast(),
        ss_flags: 0,
        ss_size: memory.len(),
    };
    // SAFETY: (2) the memory was leaked and nobody else knows of it.
    unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) };
    // The first trace of a process may load what traces need; later ones do not.
    trace(&mut [0; FRAMES_MAX]);
    let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = crashed;
    for signal in CRASHES {
        install(signal, handler as libc::sighandler_t);
    }
    let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = alarmed;
    install(libc::SIGALRM, handler as libc::sighandler_t);
}

/// Installs a handler of three arguments.
fn install(signal: c_int, handler: libc::sighandler_t) {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: (5) all-zero bytes are a valid `sigaction`: no flags, an empty mask.
    let action = unsafe { action.assume_init_mut() };
    action.sa_sigaction = handler;
    // A crash within the handler is handled, too; calls that the alarm interrupts go on.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER | libc::SA_RESTART;
    // SAFETY: (1) `SA_SIGINFO` asks for a handler of three arguments, which it is.
    unsafe { libc::sigaction(signal, action, ptr::null_mut()) };
}

extern "C" fn crashed(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    if let Some(hooks) = HOOKS.get() {
        (hooks.crashed)(&fault(signal, info, context));
    }
    die_by(signal)
}

extern "C" fn alarmed(_: c_int, _: *mut siginfo_t, _: *mut c_void) {
    if let Some(hooks) = HOOKS.get() {
        (hooks.alarmed)();
    }
}

fn fault(signal: c_int, info: *const siginfo_t, context: *const c_void) -> Fault {
    // SAFETY: (1) with `SA_SIGINFO` the system passes information.
    let info = unsafe { &*info };
    let is_sent = info.si_code <= 0;
    let has_address = !is_sent && signal != libc::SIGABRT;
    Fault {
        signal,
        code: info.si_code,
        // SAFETY: (1) signals of the processor are about an address.
        address: has_address.then(|| unsafe { info.si_addr() }.addr()),
        // SAFETY: (1) signals that somebody sent name the sender.
        sender: is_sent.then(|| unsafe { (info.si_pid(), info.si_uid()) }),
        registers: registers(context),
    }
}

#[cfg(target_arch = "x86_64")]
fn registers(context: *const c_void) -> Registers {
    const NAMES: [(&str, c_int); 18] = [
        ("RAX", libc::REG_RAX),
        ("RBX", libc::REG_RBX),
        ("RCX", libc::REG_RCX),
        ("RDX", libc::REG_RDX),
        ("RDI", libc::REG_RDI),
        ("RSI", libc::REG_RSI),
        ("RBP", libc::REG_RBP),
        ("RSP", libc::REG_RSP),
        ("R8 ", libc::REG_R8),
        ("R9 ", libc::REG_R9),
        ("R10", libc::REG_R10),
        ("R11", libc::REG_R11),
        ("R12", libc::REG_R12),
        ("R13", libc::REG_R13),
        ("R14", libc::REG_R14),
        ("R15", libc::REG_R15),
        ("RIP", libc::REG_RIP),
        ("EFL", libc::REG_EFL),
    ];
    // SAFETY: (1) the third argument of a handler is a `ucontext_t`.
    let values = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let value = |at: c_int| values.get(at as usize).map_or(0, |value| *value as u64);
    Registers {
        instruction: value(libc::REG_RIP) as usize,
        named: NAMES.map(|(name, at)| (name, value(at))),
    }
}

#[cfg(target_arch = "aarch64")]
fn registers(context: *const c_void) -> Registers {
    // SAFETY: (1) the third argument of a handler is a `ucontext_t`.
    let values = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
    let mut named = [("", 0); 18];
    named[0] = ("PC ", values.pc);
    named[1] = ("SP ", values.sp);
    named[2] = ("X29", values.regs[29]);
    named[3] = ("X30", values.regs[30]);
    Registers {
        instruction: values.pc as usize,
        named,
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn registers(_: *const c_void) -> Registers {
    Registers::default()
}

/// Ends the process by a signal, with its default action: a core is dumped if that is allowed.
pub(crate) fn die_by(signal: c_int) -> ! {
    // SAFETY: (3) both calls may be made in handlers.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
        // A number that is no signal has not ended it.
        libc::_exit(1)
    }
}

/// Stops the calling thread until the process ends.
pub(crate) fn stop() -> ! {
    loop {
        // SAFETY: (3) `pause` may be called in handlers.
        unsafe { libc::pause() };
    }
}

/// Sends the alarm after so many seconds.
pub(crate) fn set_alarm(seconds: c_uint) {
    // SAFETY: (3) it only sets a timer.
    unsafe { libc::alarm(seconds) };
}

/// Sends the alarm to the thread of the loop at once.
pub(crate) fn alarm_loop() {
    let thread = LOOP_THREAD.load(Ordering::Relaxed);
    // SAFETY: the numbers are checked by the system, and no memory is involved.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, libc::SIGALRM) };
}

/// The number of the calling thread.
pub(crate) fn thread_id() -> i32 {
    rustix::thread::gettid().as_raw_nonzero().get()
}

/// Writes bytes as far as the descriptor takes them.
pub(crate) fn write(fd: RawFd, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        // SAFETY: (5) the bytes are borrowed; an outdated descriptor is an error or another file of
        // this process that is being opened for the log.
        let count = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(count) {
            Ok(count) if count > 0 => bytes = bytes.get(count..).unwrap_or_default(),
            _ => return,
        }
    }
}

/// Notes where calls came from, the innermost first; returns their number. It allocates nothing.
#[inline(never)]
pub(crate) fn trace(frames: &mut [usize; FRAMES_MAX]) -> usize {
    let mut count = 0;
    // SAFETY: (3) nothing here is shared with other traces; walking a stack only reads it.
    unsafe {
        backtrace::trace_unsynchronized(|frame| {
            frames[count] = frame.ip().addr();
            count += 1;
            count < FRAMES_MAX
        });
    }
    count
}

/// Lets the handlers look at a node that stays where it is, or at none.
pub(crate) fn watch(node: Option<&mut Node>) {
    let address = node.map_or(ptr::null_mut(), ptr::from_mut);
    NODE.store(address, Ordering::Relaxed);
}

/// Whether the calling thread is that of the loop.
pub(crate) fn is_loop() -> bool {
    LOOP_THREAD.load(Ordering::Relaxed) == thread_id()
}

/// The node's part of the report; `None` without a node, or on a thread that is not the loop's.
pub(crate) fn last_words() -> Option<LastWords> {
    if !is_loop() {
        return None;
    }
    // SAFETY: (4) this is the thread of the loop, which does not go on.
    let node = unsafe { NODE.load(Ordering::Relaxed).as_mut() }?;
    let (session, args) = node.running();
    // SAFETY: (4) the node says that both are there while its thread stands still.
    let (session, args) = unsafe { (session.as_ref(), args.as_ref()) };
    Some(node.last_words(session.zip(args)))
}

//! Scripts as a host runs them: replies, limits, and attacks that are known from elsewhere.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attacks;
mod corpus;
mod debugger;
mod functions;
mod limits;
mod replies;
mod sandbox;
mod seeds;

use russet_resp::{ArgBuf, Args, Output, Protocol, Reply};
use russet_script::{CallContext, Config, Engine, LogLevel, ScriptHost};

/// A host with a few commands.
#[derive(Default)]
struct Host {
    calls: usize,
    logged: Vec<(LogLevel, Vec<u8>)>,
    contexts: Vec<CallContext>,
}

impl ScriptHost for Host {
    fn call(&mut self, args: Args<'_>, context: CallContext, reply: &mut Vec<u8>) -> u64 {
        self.calls += 1;
        self.contexts.push(context);
        match args[0].to_ascii_lowercase().as_slice() {
            b"echo" => {
                reply.extend_from_slice(format!("${}\r\n", args[1].len()).as_bytes());
                reply.extend_from_slice(&args[1]);
                reply.extend_from_slice(b"\r\n");
            }
            b"incr" => reply.extend_from_slice(b":1\r\n"),
            // Its argument is the reply.
            b"raw" => reply.extend_from_slice(&args[1]),
            _ => reply.extend_from_slice(b"-ERR Unknown Redis command called from script\r\n"),
        }
        1
    }

    fn may_run(&mut self, args: Args<'_>) -> Option<bool> {
        (&args[0] == b"get").then_some(true)
    }

    fn log(&mut self, level: LogLevel, text: &[u8]) {
        self.logged.push((level, text.to_vec()));
    }

    fn clock(&mut self) -> f64 {
        0.5
    }
}

fn engine() -> Engine {
    Engine::new(&Config {
        memory_max: 64 << 20,
        ..Config::default()
    })
}

/// The bytes that a run's reply is on the wire.
fn finish(engine: &mut Engine, protocol: Protocol) -> Vec<u8> {
    let mut output = Output::new();
    let mut reply = Reply::new(&mut output, protocol);
    engine.finish(&mut reply);
    output
        .chunks()
        .flat_map(|chunk| chunk.bytes().to_vec())
        .collect()
}

fn eval_as(engine: &mut Engine, host: &mut Host, text: &[u8], protocol: Protocol) -> Vec<u8> {
    let script = match engine.load(text) {
        Ok(script) => script,
        Err(error) => return format!("-ERR {error}\r\n").into_bytes(),
    };
    let keys = ArgBuf::new();
    engine
        .start(&script, keys.args(), Args::EMPTY)
        .unwrap_or_else(|error| panic!("{error} with {} bytes", engine.memory()));
    while engine.step(host, 10_000) == russet_script::Progress::Paused {}
    finish(engine, protocol)
}

fn eval(engine: &mut Engine, text: &str) -> String {
    let reply = eval_as(
        engine,
        &mut Host::default(),
        text.as_bytes(),
        Protocol::Resp2,
    );
    String::from_utf8_lossy(&reply).into_owned()
}

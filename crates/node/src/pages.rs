//! The pages that the node serves by HTTP: metrics, and whether it is alive and ready.
//!
//! ```text
//!  connections ─► request ─► ROUTES ─► page ─► response ─► connections
//! ```
//! | page | 200 when | who may see it |
//! |---|---|---|
//! | `/metrics` | always | `metrics-user`, or all without that setting |
//! | `/healthz`, `/health` | the loop turns | all |
//! | `/readyz` | requests are served as they should be | all |
//!
//! Always true: a page changes nothing but counters.
//! Not here: HTTP — `http/`; what metrics show — `metrics/`.

use bytes::Bytes;
use russet_resp::ArgBuf;

use crate::acl::User;
use crate::acl::log::{Context, Refusal};
use crate::acl::permission::{Asked, Reason};
use crate::http::{Method, Request, Response, Status, credentials, values};
use crate::hurdles::Hurdles;
use crate::metrics::MEDIA;
use crate::node::Node;

/// A page.
type Page = fn(&mut Node, &Request) -> Response;

/// The pages by their paths.
const ROUTES: &[(&str, Page)] = &[
    ("/", |_, _| index()),
    ("/metrics", Node::metrics_page),
    ("/healthz", |_, _| Response::line(Status::Ok, "ok\n")),
    ("/health", |_, _| Response::line(Status::Ok, "ok\n")),
    ("/readyz", |node, request| node.readiness(request)),
];

impl Node {
    /// Answers the HTTP requests that have come whole.
    #[cold]
    pub(crate) fn serve_pages(&mut self) {
        let now_us = self.core.now.mono_us;
        while let Some((conn, request)) = self.http.next_request(now_us) {
            let page = ROUTES.iter().find(|(path, _)| *path == request.path);
            let response = match (page, request.method) {
                (None, _) => Response::bare(Status::NotFound),
                (_, Method::Other) => Response::bare(Status::MethodNotAllowed),
                (Some((_, page)), _) => page(self, &request),
            };
            self.http.answer((conn, &request), response, now_us);
        }
    }

    fn metrics_page(&mut self, request: &Request) -> Response {
        if let Err(status) = self.admit_scraper(request) {
            return Response::bare(status);
        }
        let names = values(&request.query, "name[]");
        let text = self.metrics_text();
        let body = match names.is_empty() {
            true => text,
            false => crate::metrics::only(&text, &names),
        };
        Response {
            status: Status::Ok,
            media: MEDIA,
            body,
        }
    }

    /// Lets a scraper in that is the configured user, if there is one.
    fn admit_scraper(&mut self, request: &Request) -> Result<(), Status> {
        let wanted = self.core.config.metrics_user.as_bytes();
        if wanted.is_empty() {
            return Ok(());
        }
        let given = request
            .authorization
            .as_deref()
            .ok_or(Status::Unauthorized)?;
        let Some((name, password)) = credentials(given) else {
            return Err(Status::Unauthorized);
        };
        let user = self.core.acl.users.authenticate(&name, &password);
        match user.filter(|user| &*user.name == wanted) {
            None => {
                self.note_stranger(&name);
                Err(Status::Unauthorized)
            }
            Some(user) if !self.may_see_info(user) => Err(Status::Forbidden),
            Some(_) => Ok(()),
        }
    }

    fn may_see_info(&self, user: &User) -> bool {
        let Some(id) = self.core.commands.find_full(b"info") else {
            return false;
        };
        let request = ArgBuf::from_slices(&[b"INFO"]);
        let asked = Asked {
            command: self.core.commands.get(id),
            args: request.args(),
            db: 0,
        };
        user.may_run(asked).is_ok()
    }

    /// Counts and logs that somebody scrapes with wrong credentials.
    #[cold]
    fn note_stranger(&mut self, name: &[u8]) {
        self.core.stats.denied_auth += 1;
        let refusal = Refusal {
            reason: Reason::Auth,
            context: Context::TopLevel,
            object: b"metrics".as_slice().into(),
            user: name.into(),
        };
        let len_max = usize::try_from(self.core.config.acllog_max_len).unwrap_or(usize::MAX);
        let (log, now_ms) = (&mut self.core.acl.log, self.core.now.wall_ms());
        log.push(refusal, || "http".to_owned(), now_ms, len_max);
    }

    /// Whether requests should be sent here; with `?strict` also whether there is memory left.
    fn readiness(&self, request: &Request) -> Response {
        let core = &self.core;
        let mut reasons = Vec::new();
        if let Some(loading) = &core.loading {
            let eta_s = loading.progress(core.now).eta_s();
            reasons.push(format!("\"loading\":true,\n\"eta_s\":{eta_s}"));
        } else if core.hurdles.has(Hurdles::LOADING) {
            reasons.push("\"loading\":true".to_owned());
        }
        if core.hurdles.has(Hurdles::EXITING) || core.end_asked_by.is_some() {
            reasons.push("\"shutting_down\":true".to_owned());
        }
        if core.aof.fault.is_some() {
            reasons.push("\"append_only_file\":\"failing\"".to_owned());
        }
        if request.query == "strict" && core.limit.is_full {
            reasons.push("\"memory\":\"full\"".to_owned());
        }
        if reasons.is_empty() {
            return Response::line(Status::Ok, "ok\n");
        }
        Response {
            status: Status::Unavailable,
            media: "application/json",
            body: Bytes::from(format!("{{\n{}\n}}\n", reasons.join(",\n"))),
        }
    }
}

/// The page that names the others.
fn index() -> Response {
    Response {
        status: Status::Ok,
        media: "text/html; charset=utf-8",
        body: Bytes::from_static(INDEX.as_bytes()),
    }
}

const INDEX: &str = "<!doctype html>\n<title>Russet</title>\n<h1>Russet</h1>\n<ul>\n\
    <li><a href=\"/metrics\">metrics</a> for Prometheus\n\
    <li><a href=\"/healthz\">healthz</a>: the server is alive\n\
    <li><a href=\"/readyz\">readyz</a>: the server is ready for clients\n</ul>\n";

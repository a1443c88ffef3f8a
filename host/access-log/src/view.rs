//! Which requests are part of a view: somebody, not a program, gets a medium of an event or the page to watch it on.

use crate::Request;
use percent_encoding::percent_decode_str;

/// How the names of media end.
const MEDIA: [&str; 17] = [
    "aac", "avi", "flac", "m4a", "m4v", "mka", "mkv", "mov", "mp3", "mp4", "mpeg", "mpg", "oga", "ogg", "ogv", "wav",
    "webm",
];

/// What programs that watch for nobody have in their names.
const PROGRAMS: [&str; 16] = [
    "bot",
    "crawl",
    "spider",
    "slurp",
    "curl/",
    "wget/",
    "python",
    "java/",
    "go-http-client",
    "okhttp",
    "headless",
    "monitor",
    "preview",
    "facebookexternalhit",
    "archiver",
    "scan",
];

/// The identifier of the event that the request is part of a view of.
pub fn viewed(request: &Request) -> Option<String> {
    let is_answered = request.method == "GET" && [200, 206].contains(&request.status);
    if !is_answered || request.agent.as_deref().is_some_and(is_program) {
        return None;
    }
    let path = request.target.split(['?', '#']).next()?;
    // A proxy may log the whole address.
    let path = match path.split_once("://") {
        Some((_, rest)) if !path.starts_with('/') => rest.get(rest.find('/')?..)?,
        _ => path,
    };
    let mut segments = path.strip_prefix('/')?.split('/');
    let event = match segments.next()? {
        "play" => segments.next()?,
        "static" => {
            let event = segments.next()?;
            let name = segments.nth(1)?;
            is_medium(name).then_some(event)?
        }
        _ => return None,
    };
    let decoded = percent_decode_str(event).decode_utf8().ok()?;
    (segments.next().is_none() && !decoded.is_empty()).then(|| decoded.into_owned())
}

fn is_medium(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| MEDIA.iter().any(|known| known.eq_ignore_ascii_case(ending)))
}

/// Who does not say what it is, is none that people watch with.
fn is_program(agent: &str) -> bool {
    let agent = agent.to_ascii_lowercase();
    agent.is_empty() || PROGRAMS.iter().any(|program| agent.contains(program))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str) -> Request {
        Request {
            at_ms: 0,
            client: "192.0.2.7".to_owned(),
            agent: Some("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".to_owned()),
            tenant: None,
            method: "GET".to_owned(),
            target: target.to_owned(),
            status: 206,
        }
    }

    #[test]
    fn media_and_the_page_to_watch_are_views_of_their_event() {
        for (target, event) in [
            ("/static/e1/f1/a.mp4", "e1"),
            ("/static/e1/f1/a.MP4?policy=x#t=10", "e1"),
            ("/static/e%20%C3%BC/f1/a%2Fb.webm", "e ü"),
            ("/play/e1", "e1"),
            ("/play/e1?t=3", "e1"),
            ("https://video.uni.example/play/e1", "e1"),
        ] {
            assert_eq!(viewed(&request(target)).as_deref(), Some(event), "{target}");
        }
    }

    #[test]
    fn everything_else_is_none() {
        for target in [
            "/static/e1/f1/episode.xml",
            "/static/e1/f1/cover.jpg",
            "/static/e1/a.mp4",
            "/static/e1/f1/a.mp4/more",
            "/play",
            "/play/",
            "/play/e1/more",
            "/play.css",
            "/api/events/e1",
            "/play/%FF",
            "play/e1",
            "https://video.uni.example",
            "",
        ] {
            assert_eq!(viewed(&request(target)), None, "{target}");
        }
    }

    #[test]
    fn only_answers_with_content_count() {
        for (method, status) in [("HEAD", 200), ("POST", 200), ("GET", 304), ("GET", 403), ("GET", 416)] {
            let request = Request {
                method: method.to_owned(),
                status,
                ..request("/play/e1")
            };
            assert_eq!(viewed(&request), None, "{method} {status}");
        }
    }

    #[test]
    fn programs_do_not_watch() {
        for agent in [
            "Googlebot/2.1 (+http://www.google.com/bot.html)",
            "curl/8.5.0",
            "",
            "HeadlessChrome",
        ] {
            let request = Request {
                agent: Some(agent.to_owned()),
                ..request("/play/e1")
            };
            assert_eq!(viewed(&request), None, "{agent}");
        }
        let unknown = Request {
            agent: None,
            ..request("/play/e1")
        };
        assert_eq!(viewed(&unknown).as_deref(), Some("e1"));
    }
}

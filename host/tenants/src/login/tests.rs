use super::*;
use crate::manual_clock::ManualClock;
use std::net::Ipv4Addr;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

/// Of the password `right`.
static STORED: LazyLock<String> = LazyLock::new(|| password::hash("right").unwrap());
static TENANT: LazyLock<TenantName> = LazyLock::new(|| "a".parse().unwrap());

struct Fixture {
    clock: Arc<ManualClock>,
    logins: Logins,
}

impl Fixture {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        let logins = Logins::new(Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        Self { clock, logins }
    }

    /// The status, and the seconds of `Retry-After` if there are any.
    async fn try_with(&self, attempt: Attempt<'_>) -> (u16, Option<u64>) {
        match self.logins.verify(attempt).await {
            Ok(()) => (200, None),
            Err(denial) => {
                let retry = denial.headers.iter().find(|(name, _)| name == "retry-after");
                (denial.status, retry.map(|(_, seconds)| seconds.parse().unwrap()))
            }
        }
    }

    async fn fail(&self, times: u32) {
        for _ in 0..times {
            assert_eq!(self.try_with(attempt("wrong")).await, (401, None));
        }
    }
}

fn attempt(password: &str) -> Attempt<'_> {
    Attempt {
        tenant: &TENANT,
        username: "jane",
        password,
        stored: Some(&STORED),
        client: Ipv4Addr::LOCALHOST.into(),
    }
}

#[tokio::test]
async fn a_right_password_is_remembered_for_five_minutes() {
    let fixture = Fixture::new();
    assert!(!fixture.logins.remembers(attempt("right")));
    assert_eq!(fixture.try_with(attempt("right")).await, (200, None));
    fixture.clock.advance(Duration::from_secs(299));
    // Who goes on using it is remembered longer.
    assert!(fixture.logins.remembers(attempt("right")));
    fixture.clock.advance(Duration::from_secs(299));
    assert!(fixture.logins.remembers(attempt("right")));
    fixture.clock.advance(Duration::from_secs(300));
    assert!(!fixture.logins.remembers(attempt("right")));
}

#[tokio::test]
async fn what_is_remembered_is_good_for_this_tenant_user_password_and_stored_hash_only() {
    let fixture = Fixture::new();
    assert_eq!(fixture.try_with(attempt("right")).await, (200, None));
    let other = "b".parse().unwrap();
    let (right, hash) = (attempt("right"), password::hash("right").unwrap());
    for different in [
        Attempt {
            tenant: &other,
            ..right
        },
        Attempt {
            username: "john",
            ..right
        },
        Attempt {
            password: "righ",
            ..right
        },
        Attempt {
            username: "janer",
            password: "ight",
            ..right
        },
        Attempt {
            stored: Some(&hash),
            ..right
        },
        Attempt { stored: None, ..right },
    ] {
        assert!(!fixture.logins.remembers(different));
    }
    // The address does not matter: it is the pair that was right.
    assert!(fixture.logins.remembers(Attempt {
        client: Ipv4Addr::new(192, 0, 2, 1).into(),
        ..right
    }));
}

#[tokio::test]
async fn a_wrong_password_is_not_remembered() {
    let fixture = Fixture::new();
    fixture.fail(1).await;
    assert!(!fixture.logins.remembers(attempt("wrong")));
}

#[tokio::test]
async fn after_five_wrong_passwords_every_further_one_takes_twice_as_long_up_to_a_minute() {
    let fixture = Fixture::new();
    fixture.fail(5).await;
    for expected in [1, 2, 4, 8, 16, 32, 60, 60] {
        assert_eq!(fixture.try_with(attempt("wrong")).await, (429, Some(expected)));
        // A little earlier is still too early, even for the right one.
        fixture.clock.advance(Duration::from_millis(expected * 1000 - 1));
        assert_eq!(fixture.try_with(attempt("right")).await, (429, Some(1)));
        fixture.clock.advance(Duration::from_millis(1));
        assert_eq!(fixture.try_with(attempt("wrong")).await, (401, None));
    }
}

#[tokio::test]
async fn a_right_password_ends_the_row_of_wrong_ones() {
    let fixture = Fixture::new();
    for _ in 0..3 {
        fixture.fail(4).await;
        assert_eq!(fixture.try_with(attempt("right")).await, (200, None));
        // So that the password is compared again.
        fixture.clock.advance(REMEMBERED_FOR);
    }
    fixture.fail(5).await;
    assert_eq!(fixture.try_with(attempt("wrong")).await.0, 429);
}

#[tokio::test]
async fn a_remembered_password_works_while_wrong_ones_are_slowed_down() {
    let fixture = Fixture::new();
    assert_eq!(fixture.try_with(attempt("right")).await, (200, None));
    fixture.fail(5).await;
    assert_eq!(fixture.try_with(attempt("wrong")).await.0, 429);
    assert_eq!(fixture.try_with(attempt("right")).await, (200, None));
}

#[tokio::test]
async fn wrong_passwords_count_for_one_user_and_address() {
    let fixture = Fixture::new();
    fixture.fail(5).await;
    let (wrong, other) = (attempt("wrong"), "b".parse().unwrap());
    assert_eq!(fixture.try_with(wrong).await.0, 429);
    for elsewhere in [
        Attempt {
            username: "john",
            ..wrong
        },
        Attempt {
            client: Ipv4Addr::new(192, 0, 2, 1).into(),
            ..wrong
        },
        Attempt {
            tenant: &other,
            ..wrong
        },
    ] {
        assert_eq!(fixture.try_with(elsewhere).await, (401, None));
    }
}

#[tokio::test]
async fn addresses_of_one_ipv6_network_count_as_one_and_mapped_ones_as_ipv4() {
    let fixture = Fixture::new();
    for client in [
        "2001:db8::1",
        "2001:db8::2",
        "2001:db8::3:4",
        "2001:db8::5",
        "2001:db8::6",
    ] {
        assert_eq!(
            fixture
                .try_with(Attempt {
                    client: client.parse().unwrap(),
                    ..attempt("wrong")
                })
                .await
                .0,
            401
        );
    }
    let from = |client: &str| Attempt {
        client: client.parse().unwrap(),
        ..attempt("wrong")
    };
    assert_eq!(fixture.try_with(from("2001:db8::7")).await.0, 429);
    assert_eq!(fixture.try_with(from("2001:db8:0:1::7")).await.0, 401);
    fixture.fail(5).await;
    assert_eq!(fixture.try_with(from("::ffff:127.0.0.1")).await.0, 429);
}

#[tokio::test]
async fn an_unknown_user_is_treated_like_a_wrong_password() {
    let fixture = Fixture::new();
    let unknown = Attempt {
        stored: None,
        ..attempt("right")
    };
    for _ in 0..5 {
        assert_eq!(fixture.try_with(unknown).await, (401, None));
    }
    assert_eq!(fixture.try_with(unknown).await, (429, Some(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_that_are_sent_at_once_are_counted_one_by_one() {
    let fixture = Arc::new(Fixture::new());
    let guesses: Vec<_> = (0..20)
        .map(|number| {
            let fixture = Arc::clone(&fixture);
            tokio::spawn(async move { fixture.try_with(attempt(&format!("wrong {number}"))).await.0 })
        })
        .collect();
    let mut statuses = Vec::new();
    for guess in guesses {
        statuses.push(guess.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [[401; 5].as_slice(), &[429; 15]].concat());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_that_bring_the_right_password_at_once_all_get_in() {
    let fixture = Arc::new(Fixture::new());
    let requests: Vec<_> = (0..100)
        .map(|_| {
            let fixture = Arc::clone(&fixture);
            tokio::spawn(async move { fixture.try_with(attempt("right")).await.0 })
        })
        .collect();
    for request in requests {
        assert_eq!(request.await.unwrap(), 200);
    }
}

#[tokio::test]
async fn a_guess_counts_even_if_the_client_does_not_wait_for_the_answer() {
    let fixture = Fixture::new();
    for _ in 0..5 {
        // The comparison before goes on without its client; a guess that still waits for its turn is none yet.
        drop(fixture.logins.comparisons.wait(&TENANT.as_str().into()).await);
        let mut guess = Box::pin(fixture.logins.verify(attempt("wrong")));
        // Polled once, which starts the comparison, and dropped.
        assert!(
            std::future::poll_fn(|context| std::task::Poll::Ready(guess.as_mut().poll(context)))
                .await
                .is_pending()
        );
    }
    assert_eq!(fixture.try_with(attempt("wrong")).await.0, 429);
}

/// Takes all places, and waits as long as there is room for that.
fn fill(turns: &Turns, party: &str) -> (Vec<Place>, Vec<lectern_turns::Wait>) {
    let party: Arc<str> = party.into();
    let (mut places, mut waiting) = (Vec::new(), Vec::new());
    loop {
        let mut wait = turns.wait(&party);
        match wait.poll_place(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(place)) => places.push(place),
            Poll::Ready(Err(Crowded)) => return (places, waiting),
            Poll::Pending => waiting.push(wait),
        }
    }
}

#[tokio::test]
async fn a_tenant_with_too_many_logins_is_asked_to_try_again() {
    let fixture = Fixture::new();
    let (_places, waiting) = fill(&fixture.logins.comparisons, TENANT.as_str());
    assert_eq!(waiting.len(), WAITING_ADDRESSES);
    assert_eq!(fixture.try_with(attempt("right")).await, (503, Some(1)));
}

#[tokio::test]
async fn an_address_that_tries_everything_at_once_keeps_nobody_else_waiting() {
    let fixture = Fixture::new();
    let address = format!("{} {}", *TENANT, network(Ipv4Addr::LOCALHOST.into()));
    let (places, waiting) = fill(&fixture.logins.addresses, &address);
    assert_eq!((places.len(), waiting.len()), (1, WAITING));
    assert_eq!(fixture.try_with(attempt("right")).await, (503, Some(1)));
    let elsewhere = Attempt {
        client: Ipv4Addr::new(192, 0, 2, 7).into(),
        ..attempt("right")
    };
    assert_eq!(fixture.try_with(elsewhere).await, (200, None));
}

#[tokio::test]
async fn users_that_are_made_up_do_not_have_the_guesses_at_others_forgotten() {
    let fixture = Fixture::new();
    fixture.fail(5).await;
    for number in 0..COUNTED.get() + 1 {
        let username = format!("nobody {number}");
        let guess = Guess {
            tenant: &TENANT,
            username: &username,
            is_known: false,
            client: Ipv4Addr::LOCALHOST.into(),
        };
        let _ = fixture.logins.verify_digest(guess, || false).await;
    }
    assert_eq!(fixture.try_with(attempt("right")).await.0, 429);
}

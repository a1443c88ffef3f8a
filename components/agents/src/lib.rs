//! `/api/agents`, `/capture-admin` and `/recordings`: capture agents, what they report, and their calendars.

use lectern_handler::App;
use lectern_handler::route::Route;

/// The handler.
pub const APP: App = App {
    routes: ROUTES,
    versioned: true,
};

const ROUTES: &[Route] = &[];

lectern_handler::component!(APP);

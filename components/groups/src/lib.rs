//! `/api/groups`: groups of users, and the roles that their members have.

use lectern_handler::App;
use lectern_handler::route::Route;

/// The handler.
pub const APP: App = App {
    routes: ROUTES,
    versioned: true,
};

const ROUTES: &[Route] = &[];

lectern_handler::component!(APP);

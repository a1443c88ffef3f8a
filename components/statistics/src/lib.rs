//! `/api/statistics`: how often what was watched.

use lectern_handler::App;
use lectern_handler::route::Route;

/// The handler.
pub const APP: App = App {
    routes: ROUTES,
    versioned: true,
};

const ROUTES: &[Route] = &[];

lectern_handler::component!(APP);

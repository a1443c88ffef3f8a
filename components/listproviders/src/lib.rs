//! `/api/listproviders`: the lists that forms offer for choice.

use lectern_handler::App;
use lectern_handler::route::Route;

/// The handler.
pub const APP: App = App {
    routes: ROUTES,
    versioned: true,
};

const ROUTES: &[Route] = &[];

lectern_handler::component!(APP);

"use strict";

// Without a validator: nothing is sent elsewhere.
SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  tagsSorter: "alpha",
  validatorUrl: null,
});

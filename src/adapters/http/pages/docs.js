// Starts Swagger UI with the API description of this server.

async function showDocs() {
  const response = await fetch("/openapi.json");
  const description = await response.json();
  SwaggerUIBundle({
    dom_id: "#docs",
    // This Swagger UI refuses version 3.1, but shows all that is used of it.
    spec: { ...description, openapi: "3.0.3" },
    validatorUrl: null,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
  });
}

showDocs();

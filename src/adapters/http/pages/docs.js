// Starts Swagger UI on this server's own description.

async function showDocs() {
  const response = await fetch("/openapi.json");
  const description = await response.json();
  SwaggerUIBundle({
    dom_id: "#docs",
    // This Swagger UI refuses the version 3.1 by its number alone; what is described is the same.
    spec: { ...description, openapi: "3.0.3" },
    validatorUrl: null,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
  });
}

showDocs();

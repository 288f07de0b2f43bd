// Creates elements; their content is always text, never HTML.

export function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

export function button(className, text, onClick) {
  const made = element("button", className, text);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

/** Opens in a new tab. */
export function link(href, text) {
  const made = element("a", "", text);
  made.href = href;
  made.target = "_blank";
  return made;
}

/** A label and its field, joined by `id`. */
export function labelled(field, id, text) {
  const label = element("label", "", text);
  label.htmlFor = field.id = id;
  return [label, field];
}

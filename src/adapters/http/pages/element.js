// Makes elements whose content is text, whatever the text holds.

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

/** Opens beside the page, which goes on. */
export function link(href, text) {
  const made = element("a", "", text);
  made.href = href;
  made.target = "_blank";
  return made;
}

/** A field and its label, which belong together by an id of their own. */
export function labelled(field, id, text) {
  const label = element("label", "", text);
  label.htmlFor = field.id = id;
  return [label, field];
}

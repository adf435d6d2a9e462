/** Makes an element with these properties (`class` is its class name) and children; null children are left out. */
export function make(tag, { class: classes = "", ...properties } = {}, ...children) {
  const node = document.createElement(tag);
  if (classes) node.className = classes;
  // Elements of the frontend that are loaded later take over what was set before.
  Object.assign(node, properties);
  node.append(...children.filter((child) => child != null));
  return node;
}

/** Makes one of the Material Design icons, which say nothing that is not said in words beside them. */
export function icon(name, classes = "") {
  return make("ha-icon", { class: classes, icon: `mdi:${name}`, ariaHidden: "true" });
}

/** Makes a quiet button: an icon, if it is named, and a few words. */
export function link(name, words, onclick) {
  return make("button", { class: "link", type: "button", onclick }, name && icon(name), words);
}

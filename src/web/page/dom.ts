/** The few lines of DOM that every part of the page uses. */

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element ${id}`);
  return found;
}

export type Child = Node | string | null | false;

/** An element with a class, attributes and children. Text is always text: nothing from the API is read as HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  attributes: Readonly<Record<string, string>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  for (const child of children) {
    if (child !== null && child !== false) element.append(child);
  }
  return element;
}

/** Writes text only when it changed, so that screen readers and layout are left in peace. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const built = new WeakMap<Element, string>();

/** Replaces the children when `key` differs from the last time: a part of the page is rebuilt only when it changed. */
export function rebuild(element: Element, key: string, children: () => Child[]): void {
  if (built.get(element) === key) return;
  built.set(element, key);
  element.replaceChildren(...children().filter((child): child is Node | string => child !== null && child !== false));
}

// The cells' text editor puts its rules into <style> elements of its own: they get the page's nonce, or the policy of the page
// would not let them apply. This module comes before everything that might make one.
import { page } from "../studio/page.js";

const create = document.createElement;
document.createElement = function (tag, options) {
  const element = create.call(this, tag, options);
  if (String(tag).toLowerCase() === "style" && page.nonce) element.nonce = page.nonce;
  return element;
};

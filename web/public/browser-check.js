/* Runs before everything else, in any browser ever made: ES3, no module. Browsers without what the pages need
   (Chromium before 98, Safari before 15.4, Firefox before 94, every Internet Explorer) get a page that says so. */
(function () {
  var fits =
    "noModule" in document.createElement("script") &&
    typeof window.structuredClone === "function" &&
    typeof Object.hasOwn === "function" &&
    typeof window.IntersectionObserver === "function";
  if (!fits) {
    window.location.replace("/too-old.html");
  }
})();

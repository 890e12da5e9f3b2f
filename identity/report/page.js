
Array.prototype.forEach.call(document.querySelectorAll(".tools"), function (tools) {
  "use strict";
  var table = tools.nextElementSibling.querySelector("table");
  var body = table.tBodies[0];
  var rows = Array.prototype.slice.call(body.rows);
  var input = tools.querySelector("input");
  var output = tools.querySelector("output");
  var texts = rows.map(function (r) { return r.textContent.toLowerCase(); });
  function filter() {
    var words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    var shown = 0;
    rows.forEach(function (r, i) {
      r.hidden = !words.every(function (w) { return texts[i].indexOf(w) >= 0; });
      if (!r.hidden) shown++;
    });
    output.textContent = shown === rows.length ? shown + (shown === 1 ? " row" : " rows") : shown + " of " + rows.length + " rows";
  }
  var headers = Array.prototype.slice.call(table.querySelectorAll("th"));
  function compare(column, number) {
    if (!number) {
      var collator = new Intl.Collator(undefined, { numeric: true });
      return function (a, b) { return collator.compare(a.cells[column].textContent, b.cells[column].textContent); };
    }
    return function (a, b) {
      var x = a.cells[column].textContent, y = b.cells[column].textContent;
      if (x === "" || y === "") return (x === "" ? 1 : 0) - (y === "" ? 1 : 0);
      return Number(x) - Number(y);
    };
  }
  function sort(th, column) {
    var down = th.getAttribute("aria-sort") === "ascending";
    headers.forEach(function (h) { h.removeAttribute("aria-sort"); });
    th.setAttribute("aria-sort", down ? "descending" : "ascending");
    var order = compare(column, th.classList.contains("number"));
    var all = document.createDocumentFragment();
    rows.slice().sort(function (a, b) { return down ? order(b, a) : order(a, b); }).forEach(function (r) { all.appendChild(r); });
    body.appendChild(all);
  }
  headers.forEach(function (th, i) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = th.textContent;
    button.addEventListener("click", function () { sort(th, i); });
    th.replaceChildren(button);
  });
  input.addEventListener("input", filter);
  tools.hidden = false;
  filter();
});

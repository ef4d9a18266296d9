/** Everything that tests and the curious may look at. */
const report = (() => {
  const content = JSON.parse(document.getElementById("drive-data").textContent);
  const theme = new Theme();
  const drives = content.drives.map((document) => new Drive(document));
  const page = content.comparison
    ? new ComparisonPage(drives, content.comparison, theme)
    : new DrivePage(drives[0], theme);
  document.getElementById("page").append(page.node());
  page.view.showAll();
  return { page, view: page.view, drives, theme };
})();

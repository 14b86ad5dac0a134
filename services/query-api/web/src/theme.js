// Before anything is painted: the theme that was chosen, so that the page does not flash in another.
{
  const theme = localStorage.getItem("gridpulse-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}

// The way where one is stands in sight, however long the menu beside the page is.

document.querySelector(".office-ways [aria-current]")?.scrollIntoView({ block: "nearest" });

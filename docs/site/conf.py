# How Sphinx builds the site (docs/site/site.sh): CommonMark by MyST, the theme furo, nothing from a network.
project = "Almanac"
html_title = "Almanac"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = []
html_theme = "furo"
# Debian's furo lost its dark colours for who has a dark system, and has chosen nothing on the page.
html_theme_options = {
    "dark_css_variables": {
        "color-problematic": "#ee5151",
        "color-foreground-primary": "#ffffffcc",
        "color-foreground-secondary": "#9ca0a5",
        "color-foreground-muted": "#81868d",
        "color-foreground-border": "#666666",
        "color-background-primary": "#131416",
        "color-background-secondary": "#1a1c1e",
        "color-background-hover": "#1e2124ff",
        "color-background-hover--transparent": "#1e212400",
        "color-background-border": "#303335",
        "color-background-item": "#444",
        "color-announcement-background": "#000000dd",
        "color-announcement-text": "#eeebee",
        "color-brand-primary": "#2b8cee",
        "color-brand-content": "#368ce2",
        "color-highlighted-background": "#083563",
        "color-guilabel-background": "#08356380",
        "color-guilabel-border": "#13395f80",
        "color-api-keyword": "var(--color-foreground-secondary)",
        "color-highlight-on-target": "#333300",
        "color-admonition-background": "#18181a",
        "color-card-border": "var(--color-background-secondary)",
        "color-card-background": "#18181a",
        "color-card-marginals-background": "var(--color-background-hover)",
    },
}
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["almanac.css"]
highlight_language = "text"
pygments_style = "default"
pygments_dark_style = "monokai"
# Each heading can be linked to, by the name that GitHub gives it.
myst_heading_anchors = 4

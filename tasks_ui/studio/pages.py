"""The places of the studio, in one list for the application. Each is a module with a `blueprint`."""

from __future__ import annotations

from tasks_ui.studio import changes, doctor, editing, exchange, forms, impact, publishing, tables, watch

PAGES = (changes, doctor, editing, exchange, forms, impact, publishing, tables, watch)

"""The reading room: the archive in a browser. Pages are made of the answers of `Archive`, as the HTTP interface's are.

A page is a route here, a template in `templates/`, and what it needs of `static/`; without JavaScript it works for searching,
reading and browsing."""

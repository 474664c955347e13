"""The manual: docs/ and a reference made from the code, as pages for a browser: `make docs`."""

'use strict';

// What other programs may use. Everything else in src/ can change without notice.

const { Index, FIELDS } = require('./index');
const { openIndex } = require('./open');
const { parseQuery } = require('./query');
const { tokenise } = require('./tokenise');
const formats = require('./formats');
const { version } = require('./version');

module.exports = { Index, FIELDS, openIndex, parseQuery, tokenise, formats, version };

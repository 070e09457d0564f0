/** A form or a cart at work: saved field by field. */

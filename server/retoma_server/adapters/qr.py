"""QR codes as SVG."""

import io

import segno


def qr_svg(text: str) -> str:
    """A QR code that fits into a page: no size of its own, the current text colour on nothing."""
    out = io.BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, dark="#000", light="#fff")
    return out.getvalue().decode()

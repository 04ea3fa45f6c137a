"""Scripts are sent smaller than they are written, and mean the same."""

from libs.common.web import theme


def test_what_a_script_says_is_left_as_it_is_and_what_it_remarks_is_left_out() -> None:
    written = """
// who's asking
const where = 'https://a.example // not a remark', end = ";}";  // nor "this" one
/* Nor { this }. */
const text = `a  ;
}`;
if (where) {
  say(where, // the first
    end);
}
"""
    assert theme.script(written).decode() == (
        "const where='https://a.example // not a remark',end=\";}\";const text=`a  ;\n}`;if(where){say(where,end)}"
    )

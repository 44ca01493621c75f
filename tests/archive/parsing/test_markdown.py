import time
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.parsing import ParsingFailed, draft_from_json, markdown, parse_one
from archive.parsing.dialects import plain_markdown
from db.records import Draft, Reference


def read(text: str) -> Draft:
    return parse_one(dedent(text).encode(), "text/markdown")


def body(text: str) -> list[tuple[str, str]]:
    return [(paragraph.kind, paragraph.text) for paragraph in read(text).paragraphs]


@pytest.mark.parametrize(
    "head",
    [
        """
        ---
        title: "A: title"
        date: 2015-06-29 1:00:19 -0400
        lastmod: 2016-01-02
        authors: [Anna Lind, Tom Reed]
        categories: [News]
        tags: [no, "1.10", 007]
        series: [The Marra ferry]
        lang: no
        description: A dek
        canonicalURL: https://example.org/a
        slug: a-title
        draft: false
        ---
        """,
        """
        +++
        title = "A: title"
        date = 2015-06-29T01:00:19-04:00
        lastmod = 2016-01-02
        authors = ["Anna Lind", "Tom Reed"]
        categories = ["News"]
        tags = ["no", "1.10", "007"]
        series = "The Marra ferry"
        lang = "no"
        summary = "A dek"
        canonical_url = "https://example.org/a"
        slug = "a-title"
        draft = false
        +++
        """,
        """
        {"title": "A: title", "date": "2015-06-29T01:00:19-04:00", "modified_at": "2016-01-02", 
         "author": "Anna Lind and Tom Reed",
         "category": "News", "tags": "no, 1.10, 007", "series": "The Marra ferry", "language": "no", "dek": "A dek",
         "canonical": "https://example.org/a", "slug": "a-title", "draft": false}
        """,
    ],
)
def test_front_matter(head: str) -> None:
    draft = parse_one((dedent(head).strip() + "\n# A: title\n\nText.\n").encode(), "text/markdown")
    assert (draft.title, draft.dek, draft.language, draft.series) == ("A: title", "A dek", "no", "The Marra ferry")
    assert (draft.authors, draft.categories, draft.tags) == (("Anna Lind", "Tom Reed"), ("News",), ("no", "1.10", "007"))
    assert draft.published_at is not None
    assert draft.modified_at is not None
    assert (draft.published_at.text, draft.modified_at.text) == ("2015-06-29T01:00:19-04:00", "2016-01-02")
    assert draft.canonical_url == "https://example.org/a"
    assert draft.extra == {"slug": "a-title", "draft": False}
    assert [paragraph.text for paragraph in draft.paragraphs] == ["Text."]


def test_blocks_and_their_kinds() -> None:
    assert body("""
        # The title

        First *line* with **strong** words,
        [a link](https://example.org/x), `code_with_underscores` and 2 * 3 &lt; 7 &copy;\\*.

        ## A heading

        > Quoted.
        >
        > Twice.

        - one
        - two
          - nested

        ```python
        x = 1

        y = "[1]"
        ```

        ![What is seen](a.jpg)

        | a | b |
        |---|---|
        | 1 | 2 |

        <figure><img src="x"><figcaption>Cap &amp; tion</figcaption></figure>

        ---

        <div class="note">Raw <b>text</b></div>
        <!-- nothing -->
        """) == [
        ("paragraph", "First line with strong words,\na link, code_with_underscores and 2 * 3 < 7 ©*."),
        ("heading", "A heading"),
        ("quote", "Quoted."),
        ("quote", "Twice."),
        ("list", "one\ntwo\nnested"),
        ("code", 'x = 1\n\ny = "[1]"'),
        ("caption", "What is seen"),
        ("paragraph", "a | b\n1 | 2"),
        ("caption", "Cap & tion"),
        ("paragraph", "Raw text"),
    ]


def test_title_from_the_first_heading() -> None:
    draft = read("# A *title*\n\nText.")
    assert (draft.title, [paragraph.text for paragraph in draft.paragraphs]) == ("A title", ["Text."])
    later = read("Before.\n\n# A title\n\nText.")
    assert (later.title, len(later.paragraphs)) == ("A title", 3)


def test_links_are_kept() -> None:
    assert read("A [story](https://example.org/x) and [here](/y).").extra == {
        "links": [{"text": "story", "url": "https://example.org/x"}]
    }


def test_footnotes_are_references() -> None:
    draft = read("""
        Said.[^1] And again.[^x] And [3].

        [^1]: The *clerk*, <https://example.org/c>,
            on the telephone
        [^x]: His wife

        More text.

        ```
        [^2]: is code
        ```
        """)
    assert draft.paragraphs[0].citations == ("1", "x", "3")
    assert draft.references == (
        Reference("1", "The clerk, https://example.org/c,\non the telephone", "https://example.org/c"),
        Reference("x", "His wife"),
    )
    assert [paragraph.text for paragraph in draft.paragraphs[1:]] == ["More text.", "[^2]: is code"]


def test_a_numbered_list_of_sources() -> None:
    draft = read("Said [2].\n\n## Sources\n\n2. The clerk\n3. His wife\n")
    assert draft.references == (Reference("2", "The clerk"), Reference("3", "His wife"))
    assert [paragraph.kind for paragraph in draft.paragraphs] == ["paragraph", "heading"]
    assert read("Cook:\n\n1. Take\n2. Eat\n").references == ()


def test_numbered_link_definitions() -> None:
    draft = read('Said [1].\n\n[1]: https://example.org/c "The clerk"\n')
    assert draft.paragraphs[0].text == "Said [1]."
    assert draft.paragraphs[0].citations == ("1",)
    assert draft.references == (Reference("1", "The clerk", "https://example.org/c"),)


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: [\n---\nx",
        "---\na: &a [x]\nb: [*a, *a]\n---\nx",
        "+++\ntitle = \n+++\nx",
        "---\ntitle: !!python/object:os.system x\n---\nx",
    ],
)
def test_damaged_front_matter(text: str) -> None:
    with pytest.raises(ParsingFailed, match="front matter"):
        parse_one(text.encode(), "text/markdown")


def test_rules_are_no_front_matter() -> None:
    assert body("---\n\nOne\n\n---\n\nTwo\n") == [("paragraph", "One"), ("paragraph", "Two")]
    assert body("---\n---\nTwo\n") == [("paragraph", "Two")]
    assert body('{"a": 1} is JSON') == [("paragraph", '{"a": 1} is JSON')]


def test_a_date_that_cannot_be_read_costs_nothing() -> None:
    draft = read("---\ntitle: T\ndate: soon\n---\nx")
    assert (draft.published_at, draft.extra) == (None, {"date": "soon"})
    assert len(draft.warnings) == 1


def test_nested_without_end() -> None:
    assert parse_one((">" * 60 + " x").encode(), "text/markdown").paragraphs[0].text == "x"
    with pytest.raises(ParsingFailed, match="nested too deeply"):
        parse_one((">" * 5_000 + " x").encode(), "text/markdown")
    assert parse_one(("[" * 5_000).encode(), "text/markdown").paragraphs


@pytest.mark.parametrize("text", ["[" * 50_000, "[" * 50_000 + "]" * 50_000, "![[a|" * 20_000, "> [!\n" * 10_000])
def test_brackets_without_end_take_no_time(text: str) -> None:
    started = time.process_time()
    assert parse_one(f"# T\n\n{text}".encode(), "text/markdown").title == "T"
    assert time.process_time() - started < 20
    links = "\n".join(f"- [a {number}](https://example.org/{number})" for number in range(1_000))
    assert len(read(links).extra["links"]) == 1_000


def named(text: str, name: str) -> Draft:
    return draft_from_json(markdown.fields_of(dedent(text), name))


def test_the_name_of_a_post_says_when_and_what() -> None:
    draft = named("Text.", "2024-05-01-the-harbour_opens.md")
    assert (draft.title, draft.published_at and draft.published_at.text) == ("The Harbour Opens", "2024-05-01")
    told = named("---\ntitle: T\ndate: 2020-01-03\n---\nText.", "2024-05-01-the-harbour-opens.md")
    assert (told.title, told.published_at and told.published_at.text, told.extra) == ("T", "2020-01-03", {})
    assert named("# T\n\nText.", "2024-05-01-x.md").title == "T"
    assert named("Text.", "the-harbour-opens.md").title == ""


def test_front_matter_of_jekyll() -> None:
    draft = read(
        """
        ---
        title: T
        categories: news sport
        tags: a b
        last_modified_at: 2020-01-04
        excerpt: In short
        permalink: /news/t/
        layout: post
        ---
        Text.
        """.strip("\n")
    )
    assert (draft.categories, draft.tags, draft.dek) == (("news", "sport"), ("a", "b"), "In short")
    assert draft.modified_at is not None
    assert draft.extra == {"permalink": "/news/t/", "layout": "post"}
    assert read("---\ncategories: Middle East\ntags: a, B c\n---\nx").categories == ("Middle East",)


def test_front_matter_of_hugo_and_zola() -> None:
    draft = read(
        """
        +++
        title = "T"
        publishDate = 2020-01-03
        draft = true
        [taxonomies]
        tags = ["a"]
        categories = ["News"]
        [params]
        author = "Anna Lind"
        weight = 3
        [extra]
        stars = 4
        +++
        First.

        <!--more-->

        Second.
        """.strip("\n")
    )
    assert (draft.tags, draft.categories, draft.authors) == (("a",), ("News",), ("Anna Lind",))
    assert draft.extra == {"draft": True, "weight": 3, "stars": 4}
    assert draft.warnings == ("/draft says that it is not published yet",)
    assert [paragraph.text for paragraph in draft.paragraphs] == ["First.", "Second."]


def test_front_matter_of_docusaurus() -> None:
    draft = read(
        """
        ---
        title: T
        slug: /t
        keywords: [a, b]
        authors:
          - name: Anna Lind
            title: Clerk
          - name: Tom Reed
        last_update:
          date: 2020-01-04
          author: Tom Reed
        ---
        Text.
        """.strip("\n")
    )
    assert (draft.authors, draft.tags, draft.extra) == (("Anna Lind", "Tom Reed"), ("a", "b"), {"slug": "/t"})
    assert draft.modified_at is not None
    assert draft.modified_at.text == "2020-01-04"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("{% raw %}a{% endraw %} {{ site.url }}/b", "a /b"),
        ('[x]({{ site.baseurl }}/y) {{ "/z" | relative_url }}', "[x](/y) /z"),
        ("{% include image.html src='a' %}a{%- comment -%}gone{% endcomment %}", "a"),
        ('{{< figure src="a.png" caption="What is seen" >}}', "![What is seen](<>)"),
        ('{{< youtube id="x" >}}a {{% notice %}}b{{% /notice %}}', "a b"),
        ("[[Page|text]] and [[Page]] ![[x.png]]", "text and Page "),
        ("a ==marked== word %%and a note%%", "a marked word "),
        ("> [!note] Title\n> text", "> Title\n> text"),
        ("import Tabs from '@theme/Tabs';\n\n<Tabs>a</Tabs>{/* x */}", "\na"),
        ("export const a = {\n  b: 1,\n};\n\ntext", "\ntext"),
        (":::tip The title\ninside\n:::\nafter", "\nThe title\n\ninside\n\nafter"),
        ('!!! note "The title"\n    inside\n\nafter', "\nThe title\n\ninside\n\nafter"),
        ("Vue shows {{ name }}, 100%% of a == b == c", "Vue shows {{ name }}, 100%% of a == b == c"),
        ("importing duties\nexports rose: import duties too", "importing duties\nexports rose: import duties too"),
        ("`[[a|b]]` and ``{{ site.url }} ` `` [[c|d]]", "`[[a|b]]` and ``{{ site.url }} ` `` d"),
        ("```\n[[a|b]] {% raw %}\n```\n[[c|d]]", "```\n[[a|b]] {% raw %}\n```\nd"),
        ("\\[[a|b]] \\{% raw %}", "\\[[a|b]] \\{% raw %}"),
    ],
)
def test_what_is_no_markdown_is_left_out(text: str, plain: str) -> None:
    assert plain_markdown(text) == plain


@pytest.mark.parametrize(
    "text",
    [
        "{% highlight ruby linenos %}\nx = '```'\n{% endhighlight %}\nText.",
        "{{< highlight go \"linenos=table\" >}}\nx = '```'\n{{< /highlight >}}\nText.",
    ],
)
def test_code_in_tags(text: str) -> None:
    assert body(text) == [("code", "x = '```'"), ("paragraph", "Text.")]
    assert body(text.split("\nText.")[0].rsplit("\n", 1)[0]) == [("code", "x = '```'")]  # the end tag is missing


def test_a_page_of_mdx() -> None:
    assert body("""
        import Tabs from '@theme/Tabs';

        # Title

        <Tabs groupId="a">

        First paragraph.

        </Tabs>

        :::warning

        Take care.

        :::
        """) == [("paragraph", "First paragraph."), ("paragraph", "Take care.")]


marks = st.sampled_from(
    ["{%", "%}", "{{", "}}", "[[", "]]", "|", "`", "```", "~~~", ":::", "==", "%%", "<A", ">", "\n", " ", "a", "raw",
     "highlight x", "endhighlight", "\\", "import x from 'y'", "export default", "!!! note", "    "]
)  # fmt: skip


@given(st.lists(marks).map("".join))
@settings(max_examples=40, deadline=None)
def test_any_text_can_be_read(text: str) -> None:
    assert isinstance(plain_markdown(text), str)
    markdown.fields_of(text)

"""What exports, interfaces and collections call the fields of an article.

Names are compared without case, spaces, hyphens and underscores, letter by letter otherwise; a dot leads into an object. For each
field of ours the likelier names come first.
"""

from typing import Final

KNOWN: Final[dict[str, tuple[str, ...]]] = {
    "title": ("title",),
    "text": ("paragraphs", "text", "body", "html", "content_html"),
    "dek": ("dek", "summary"),
    "authors": ("authors", "author"),
    "categories": ("categories", "category"),
    "tags": ("tags", "topics", "keywords"),
    "series": ("series",),
    "language": ("language",),
    "source": ("source",),
    "url": ("url",),
    "canonical_url": ("canonical_url",),
    "external_id": ("external_id", "id"),
    "published_at": ("published_at", "date"),
    "modified_at": ("modified_at",),
}
"""What `draft_from_json` reads without being told."""

BETTER: Final = {
    "published_at": ("dategmt", "postdategmt"),
    "modified_at": ("modifiedgmt", "postmodifiedgmt"),
    "title": ("titleplain",),
    "tags": ("keywords.value",),
}
"""Foreign names that say more than ours where both are there: WordPress writes `date` in a zone that it does not name, and what
the New York Times calls the `name` of a keyword is its kind."""

FOREIGN: Final[dict[str, tuple[str, ...]]] = {
    "title": (
        "title.rendered", "headline", "headline.main", "webtitle", "posttitle", "articletitle", "storytitle", "pagetitle",
        "titleplain", "articleheadline", "heading", "fields.headline", "titletext", "giventitle", "resolvedtitle", "name",
        "überschrift", "ueberschrift", "titel", "schlagzeile", "titre", "título", "titulo", "titular", "titolo",
    ),
    "text": (
        "content.rendered", "contenthtml", "bodyhtml", "posthtml", "fields.body", "contentencoded", "maintext", "fulltext",
        "articlebody", "articletext", "fields.bodytext", "bodytext", "storytext", "cleanedtext", "plaintext", "rawtext",
        "article", "content", "contents", "postcontent", "body.rendered", "body.html", "body.text", "content.html",
        "content.text", "story",
        "news", "transcript", "volltext", "artikeltext", "artikel", "inhalt", "texte", "contenu", "corps", "cuerpo", "contenido",
        "texto", "testo", "notes",
    ),
    "dek": (
        "shortdescription", "standfirst", "fields.standfirst", "fields.trailtext", "customexcerpt", "excerpt.rendered", "excerpt",
        "abstract", "abstractnote", "subtitle", "subheadline", "deck", "teaser", "leadparagraph", "lead", "lede", "snippet",
        "description", "metadescription", "postexcerpt", "untertitel", "vorspann", "zusammenfassung", "chapeau", "chapô",
        "résumé", "resume", "subtítulo", "subtitulo", "resumen", "entradilla",
    ),
    "authors": (
        "embedded.author.name", "byline", "byline.original",
        "bylineoriginal", "fields.byline", "creator", "creators", "writer", "writers", "reporter",
        "authorname", "authors.name", "author.name", "author.displayname", "primaryauthor.name", "postauthor", "contributors",
        "autor", "autoren", "verfasser", "auteur", "auteurs", "autores", "autore",
    ),
    "published_at": (
        "dategmt", "postdategmt", "datepublished", "datepublish", "publishedat", "published", "publishedon", "publisheddate",
        "publicationdate", "publishdate", "pubdate", "publishat", "dateofpublication", "webpublicationdate", "firstpublished",
        "firstpublishedat", "firstpublicationdate", "postdate", "articledate", "issued", "displaydate", "createdat", "createdon",
        "created", "createdgmt", "datecreated", "datetime", "timestamp", "time", "day", "veröffentlicht", "veroeffentlicht",
        "veröffentlichtam", "datum", "erscheinungsdatum", "datedepublication", "datepublication", "publiéle", "fecha",
        "fechadepublicación", "fechapublicacion", "fechadepublicacion", "data",
    ),
    "modified_at": (
        "modifiedgmt", "postmodifiedgmt", "modified", "modifiedon", "datemodified", "datemodify", "modifieddate", "updatedat",
        "updated", "updatedon", "dateupdated", "lastmodified", "lastmod", "lastupdated", "lastedited", "fields.lastmodified",
        "editedat", "geändert", "modifiéle", "actualizado",
    ),
    "url": (
        "link", "weburl", "permalink", "articleurl", "posturl", "storyurl", "pageurl", "sourceurl", "givenurl", "resolvedurl",
        "href", "uri", "address", "articlelink", "newsurl", "shorturl", "adresse", "lien", "enlace",
    ),
    "external_id": (
        "guid.rendered", "guid", "uuid", "articleid", "postid", "storyid", "documentid", "docid", "newsid", "itemid", "uniqueid",
        "key", "nid", "slug",
    ),
    "categories": (
        "section", "sectionname", "sectiontitle", "channel", "newsdesk", "desk", "rubric", "department", "topic", "subject",
        "label", "rubrik", "ressort", "kategorie", "rubrique", "catégorie", "categorie", "sección", "seccion",
        "categoría", "categoria",
    ),
    "tags": (
        "keywords.value", "tags.name", "tags.webtitle", "labels", "manualtags", "hashtags", "taglist", "posttags", "schlagwörter",
        "schlagworte", "stichworte", "motsclés", "motscles", "étiquettes", "etiquetas", "palabrasclave",
    ),
    "source": (
        "publication", "publisher", "publisher.name", "newspaper", "outlet", "sourcename", "source.name", "sitename", "site",
        "publicationtitle", "publicationname", "journal", "journaltitle", "website", "media", "sourcedomain", "provider", "feed",
        "quelle", "zeitung", "journalname", "fuente", "periódico", "periodico",
    ),
    "language": ("lang", "langcode", "languagecode", "locale", "sprache", "langue", "idioma", "lingua"),
    "series": ("seriesname", "seriestitle", "collection", "reihe", "serie", "série"),
}  # fmt: skip

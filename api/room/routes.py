"""All pages."""

from api.room import article, assets, browse, jobs, keys, map, put_in, search, sign_in, sources, state, stories

ROUTERS = (
    assets.router,
    sign_in.router,
    search.router,
    article.router,
    article.writing,
    browse.router,
    stories.router,
    map.router,
    put_in.router,
    jobs.router,
    jobs.writing,
    sources.router,
    sources.writing,
    state.router,
    state.administering,
    keys.router,
)

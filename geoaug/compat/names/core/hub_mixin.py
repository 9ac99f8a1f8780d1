"""Models on a hub: geoaug stores pipelines as files (``geoaug.save``), and has no mixin."""

"""The captions that a dataset brings along."""

import polars as pl


class DatasetCaptioner:
    """Takes ``probing_clips.dataset_caption``."""

    name = "dataset"
    fingerprint = "1"

    def captions(self, clips: pl.DataFrame, acoustics: pl.DataFrame) -> pl.DataFrame:
        """The table ``clip_captions``."""
        del acoustics  # the dataset has said it in its own words
        return clips.select(
            "clip_id",
            caption="dataset_caption",
            captioner=pl.lit(self.name),
            answer_id=pl.lit(None, pl.String),
            missing_reason=pl.when(pl.col("dataset_caption").is_null()).then(
                pl.lit("The dataset has no caption for this clip.")
            ),
        )

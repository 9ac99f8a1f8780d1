"""What each code means, in a sentence for people who do not know geoaug, and how bad it is."""

from __future__ import annotations

LOST, WRONG, ODD = 3, 2, 1

# code: weight, sentence
MEANINGS: dict[str, tuple[int, str]] = {
    # pictures
    "image-missing": (LOST, "The file of the picture is not in the image folder."),
    "image-unreadable": (LOST, "The file of the picture cannot be opened or decoded: it is damaged, or no picture at all."),
    "image-truncated": (LOST, "The file of the picture ends too early, so a part of the picture is not there. Copy it again."),
    "image-not-a-file": (LOST, "Where the picture should be stands a folder, a device or something else that is no regular file."),
    "image-outside": (LOST, "The file name leads out of the image folder. Such files are never opened."),
    "image-name": (LOST, "The record has no file name that a file can have."),
    "image-too-large": (LOST, "The picture has more pixels than the limit allows; raise --max-pixels if it is true."),
    "image-size": (LOST, "The size in the record is not that of the file, so labels and pixels do not fit each other."),
    "image-ambiguous": (LOST, "Two different pictures have the same id, so nobody can tell which one an annotation means."),
    "image-several": (LOST, "The file holds several pictures (pages, or an animation), and a record names one. Save them as files of their own."),
    "image-memory": (LOST, "There was not enough memory for the picture; use fewer workers."),
    "image-skipped": (LOST, "The copy could not be made from this picture."),
    "image-failed": (LOST, "The copy could not be made: a fault of geoaug or of OpenCV, not of the data."),
    "require-unmet": (LOST, "No draw of the copy showed what --require asks for, so the copy was left out."),
    "worker-killed": (LOST, "The process that made the copy was killed, twice; most often memory ran out."),
    "image-orientation": (WRONG, "EXIF data turn the picture, but its labels were drawn on the unturned one: viewers show them in the wrong place."),
    "image-size-missing": (ODD, "The record does not state width and height; those of the file are used."),
    "image-repeated": (ODD, "The same picture record stands twice; one is used."),
    "image-unknown": (LOST, "The annotation belongs to a picture that the file does not list."),
    "image-id-missing": (LOST, "The annotation does not say to which picture it belongs."),
    "file-name-repeated": (ODD, "Two picture records share one file, so its objects may be labelled twice."),
    "image-extra": (ODD, "Picture files lie in the folder that no record names."),
    "image-twice": (ODD, "One picture is there twice under two names, with the same annotations."),
    "image-twice-labelled": (WRONG, "One picture is there twice under two names, with other annotations each time: at least one misses something."),
    "image-differs": (WRONG, "Two annotation files say different things of one picture."),
    # records
    "record-not-object": (LOST, "A record is no JSON object, so it cannot be read."),
    "id-missing": (LOST, "The record has no id."),
    "id-invalid": (LOST, "The id is no whole number."),
    "id-converted": (ODD, "The id is of another type than COCO's whole numbers; it was read as what it means."),
    "key-ambiguous": (LOST, "A key stands twice in one object with different values, so nobody can tell which one is meant."),
    "key-repeated": (ODD, "A key stands twice in one object with the same value."),
    "number-not-finite": (LOST, "A number is NaN or infinite, which JSON does not know."),
    "category-unknown": (LOST, "The annotation has a category that the file does not list."),
    "category-id-missing": (LOST, "The annotation has no category."),
    "category-ambiguous": (WRONG, "Two different categories have the same id; the first one is used."),
    "category-repeated": (ODD, "The same category stands twice."),
    "category-keypoints-missing": (WRONG, "The category does not name its keypoints, so a mirrored copy cannot swap left and right."),
    "annotation-repeated": (ODD, "The same annotation stands twice; one is used."),
    "annotation-id-repeated": (WRONG, "Two different annotations have the same id; most readers of COCO lose one of them."),
    "annotation-id-zero": (ODD, "An annotation has the id 0, which counts as unmatched in COCO's own evaluation. Start at 1."),
    "annotations-left-out": (LOST, "Annotations went because their picture cannot be used."),
    "annotation-degenerate": (LOST, "The shape of the annotation has no area, so there is nothing to augment."),
    "annotation-refused": (LOST, "The annotation contradicts itself and cannot be used."),
    "annotation-twice": (WRONG, "One object is labelled twice: same picture, same category, same place, two ids."),
    "annotation-differs": (WRONG, "Two annotation files have other boxes for one object."),
    "category-differs": (ODD, "Two annotation files give one category other names."),
    # boxes
    "bbox-missing": (LOST, "The annotation has neither a box nor a shape that could give one."),
    "bbox-numbers": (LOST, "The box is not made of four numbers."),
    "bbox-not-finite": (LOST, "The box holds NaN or infinity."),
    "bbox-degenerate": (LOST, "The box has no width or no height."),
    "bbox-outside": (LOST, "The box lies wholly outside of its picture."),
    "bbox-ignored": (ODD, "The box is unusable; that of the annotation's own shape is used in its place."),
    "bbox-beyond-image": (WRONG, "The box sticks out of the picture."),
    "bbox-not-shape": (WRONG, "The box is not the one around the annotation's own shape: one of them is wrong."),
    # shapes
    "segmentation-kind": (LOST, "The segmentation is neither polygons nor RLE."),
    "polygon-numbers": (LOST, "A polygon holds something that is no number."),
    "polygon-pairs": (LOST, "A polygon is written as pairs of points; COCO writes one flat list."),
    "polygon-odd": (LOST, "A polygon has an odd count of numbers, so an x has no y."),
    "polygon-short": (LOST, "A polygon has fewer than three points."),
    "polygon-far": (LOST, "A polygon has a point many picture sizes away: a broken number."),
    "polygon-long": (LOST, "A polygon has more than a million numbers."),
    "polygon-area-zero": (LOST, "The polygon has no area: all of its points lie on one line. geoaug augment leaves it out (annotation-degenerate)."),
    "rle-invalid": (LOST, "The run-length mask is damaged."),
    "rle-size": (LOST, "The run-length mask was drawn for another picture size."),
    "mask-empty": (LOST, "The mask has no pixel set. geoaug augment leaves it out (annotation-degenerate)."),
    "shape-beyond-image": (WRONG, "The outline sticks out of the picture."),
    "area-number": (WRONG, "The area is no number."),
    "area-not-shape": (WRONG, "The area is not that of the annotation's own shape, by none of COCO's ways of counting."),
    "area-is-box": (ODD, "All areas of the file are those of boxes, not of shapes; COCO's evaluation sorts objects by them into small and large."),
    "crowd-area": (ODD, "The area of a crowd is not that of its mask, as in COCO's own files; nothing is computed with it."),
    "iscrowd-value": (ODD, "iscrowd is neither 0 nor 1."),
    # keypoints
    "keypoints-numbers": (LOST, "The keypoints hold something that is no number."),
    "keypoints-length": (LOST, "The count of keypoint numbers is no multiple of three."),
    "keypoints-number": (WRONG, "The annotation has another number of keypoints than its category names."),
    "keypoints-count": (WRONG, "num_keypoints says none where keypoints are labelled, or some where none is: evaluation passes over such objects."),
    "keypoints-counted-otherwise": (ODD, "num_keypoints is not the number of labelled keypoints."),
    "keypoints-off-box": (WRONG, "Most keypoints lie far from the box of their object: they belong to another one, or the box does."),
    "keypoint-visibility": (WRONG, "A keypoint has a visibility other than 0, 1 or 2."),
    "keypoint-unlabelled": (ODD, "A keypoint counts as not labelled, but stands somewhere."),
    "keypoint-beyond-image": (WRONG, "A labelled keypoint lies outside of the picture."),
    # panoptic files
    "panoptic-missing": (LOST, "The PNG file with the segments of the picture is not there."),
    "panoptic-unreadable": (LOST, "The PNG file with the segments of the picture cannot be read."),
    "panoptic-kind": (LOST, "The PNG file with the segments is not RGB of 8 bits, so its colours are no ids."),
    "panoptic-size": (LOST, "The PNG file with the segments is of another size than its picture."),
    "panoptic-name": (LOST, "The record names no PNG file that there can be."),
    "panoptic-repeated": (LOST, "A picture has two panoptic annotations; the first one is used."),
    "panoptic-segments": (LOST, "The record does not list its segments."),
    "segment-id": (LOST, "The id of a segment is none that three bytes hold; its pixels count as void."),
    "segment-repeated": (ODD, "The same segment stands twice."),
    "segment-ambiguous": (LOST, "Two different segments of a picture have one id; its pixels count as void."),
    "segment-unlisted": (LOST, "Pixels have an id that segments_info does not list; they count as void."),
    "segment-empty": (LOST, "No pixel has the id of the segment."),
    "segment-area": (WRONG, "The area of the segment is not the number of its pixels."),
    "segment-bbox": (WRONG, "The box of the segment is not the one around its pixels."),
    # a result held against its source
    "replay-bbox": (WRONG, "The box is not where the stored plan takes the source's box."),
    "replay-shape": (WRONG, "The outline or mask is not what the stored plan makes of the source's."),
    "replay-area": (WRONG, "The area is not that of the shape which the stored plan makes."),
    "replay-keypoints": (WRONG, "The keypoints are not where the stored plan takes the source's."),
    "replay-field": (WRONG, "A field of the label is not what the stored plan makes of the source's."),
    "replay-missing": (LOST, "A label that the plan keeps is not in the result."),
    "replay-extra": (WRONG, "The result has a label that the plan does not make."),
    "replay-size": (LOST, "The size of the copy is not the one that the plan makes."),
    "replay-pixels": (LOST, "The picture is not the one that the stored plan makes of its source."),
    "replay-plan": (LOST, "The copy has no stored plan, or one that cannot be carried out."),
    "replay-source": (LOST, "The plan belongs to another source or copy than the picture's record says."),
}

# found by a check in annotations that can be read, and that a run leaves out all the same
LEFT_OUT = frozenset({"mask-empty", "polygon-area-zero"})

# reasons for which an annotation of the source is not in a copy
FATES: dict[str, tuple[str, str]] = {
    "outside": ("Left the picture", "A shift, a turn or a crop moved the object out of view."),
    "small": ("Too little left", "Less of the object stayed visible than the pipeline asks for."),
    "covered": ("Covered by holes", "Holes that the pipeline cut lie over the object."),
    "degenerate": ("Too thin to be seen", "What was left of the object has no area."),
    "skipped": ("In copies that failed", "The copy could not be made, so its annotations are not there either."),
}


def meaning(code: str) -> tuple[int, str]:
    """Returns: How bad a finding is, and what it means; of a code that is not known its own words."""
    known = MEANINGS.get(code)
    return known if known else (WRONG, f"{code.replace('-', ' ').capitalize()}.")


def fate(reason: str) -> tuple[str, str]:
    """Returns: Label and sentence of a reason for which annotations are dropped."""
    known = FATES.get(reason)
    return known if known else (reason.replace("-", " ").capitalize(), "")

"""Pictures of all kinds, written with Pillow and by hand, and read back."""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from primacy.errors import DatasetError
from primacy.stimuli.images import decode
from primacy.stimuli.images.decode import read_mask, read_picture

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)


def saved(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def png(width: int, height: int, depth: int = 8, colour: int = 2, data: bytes = b"") -> bytes:
    """A PNG by the format's own words; with no data its header is all there is."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def test_plain_pictures_keep_their_pixels(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(PIXELS).save(path)
    for source in (path, path.read_bytes()):
        found = read_picture(source)
        assert found.image.mode == "RGB" and found.notes == () and np.isnan(found.coverage)
        assert np.array_equal(np.asarray(found.image), PIXELS)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP"])
def test_lossless_kinds_agree(kind):
    data = saved(Image.fromarray(PIXELS), kind, **({"lossless": True} if kind == "WEBP" else {}))
    assert np.array_equal(np.asarray(read_picture(data).image), PIXELS)


class TestRefused:
    def test_zero_bytes(self, tmp_path):
        (tmp_path / "a.png").write_bytes(b"")
        with pytest.raises(DatasetError, match=r"a\.png is empty"):
            read_picture(tmp_path / "a.png")

    def test_missing_and_folders(self, tmp_path):
        with pytest.raises(DatasetError, match="missing"):
            read_picture(tmp_path / "no.png")
        with pytest.raises(DatasetError, match="not a file"):
            read_picture(tmp_path)

    def test_large_files_are_not_read(self, tmp_path):
        with (tmp_path / "a.png").open("wb") as stream:
            stream.truncate(decode.MAX_FILE + 1)  # a hole: no such file is written
        with pytest.raises(DatasetError, match="larger than 128,000,000 bytes"):
            read_picture(tmp_path / "a.png")

    @pytest.mark.parametrize("side", [8_001, 20_000, 100_000])
    def test_bombs_are_refused_by_their_header(self, side):
        with pytest.raises(DatasetError, match="more than 64 million pixels"), warnings.catch_warnings():
            warnings.simplefilter("error")
            read_picture(png(side, side))

    def test_bombs_are_refused_where_warnings_are_off(self):
        with pytest.raises(DatasetError, match="10000 x 10000"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read_picture(png(10_000, 10_000))

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
    def test_truncated(self, kind):
        data = saved(Image.fromarray(RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)), kind)
        for length in (len(data) // 2, len(data) * 9 // 10, 20, 3):
            with pytest.raises(DatasetError, match="no readable picture"):
                read_picture(data[:length])

    @pytest.mark.parametrize("data", [b"hello", b"\x89PNG\r\n\x1a\n", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\xff\xd8\xff"])
    def test_not_a_picture(self, data):
        with pytest.raises(DatasetError, match="photo 7 is no readable picture"):
            read_picture(data, name="photo 7")

    def test_kinds_without_a_range(self):
        with pytest.raises(DatasetError, match="floating-point"):
            read_picture(saved(Image.fromarray(np.zeros((4, 4), np.float32)), "TIFF"))
        with pytest.raises(DatasetError, match="16 bits at most"):
            read_picture(saved(Image.fromarray(np.full((4, 4), 70_000, np.int32)), "TIFF"))

    @given(data=st.binary(max_size=200), at=st.integers(0, 400), kind=st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]))
    @settings(max_examples=60, deadline=None)
    def test_noise_gives_a_picture_or_a_message(self, data, at, kind):
        good = saved(Image.fromarray(PIXELS), kind)
        broken = good[:at] + data + good[at + len(data) :]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                assert read_picture(broken).image.mode == "RGB"
            except DatasetError as error:
                assert "picture" in str(error)


class TestKinds:
    def test_cmyk(self):
        image = Image.fromarray(PIXELS).convert("CMYK")
        found = read_picture(saved(image, "TIFF"))
        assert found.notes == ("CMYK turned into RGB",)
        assert np.array_equal(np.asarray(found.image), np.asarray(image.convert("RGB")))
        jpeg = read_picture(saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95))
        assert np.abs(np.asarray(jpeg.image).astype(int) - [255, 0, 0]).max() < 6

    def test_sixteen_bits_are_scaled_not_clipped(self):
        levels = np.array([[0, 128, 256, 257, 32_768, 65_407, 65_535]], np.uint16)
        expected = np.round(levels / 65_535 * 255).astype(np.uint8)
        for data in (saved(Image.fromarray(levels)), saved(Image.fromarray(levels), "TIFF")):
            found = read_picture(data)
            assert found.notes == ("16 bits a channel scaled to 8",)
            assert np.array_equal(np.asarray(found.image), np.repeat(expected[..., None], 3, axis=2))

    def test_sixteen_bits_in_colour(self):
        row = b"\x00" + struct.pack(">6H", 0, 256, 65_535, 32_768, 1_000, 65_280)
        found = np.asarray(read_picture(png(2, 1, depth=16, data=row)).image).astype(int)
        assert np.abs(found - np.array([[[0, 1, 255], [128, 4, 254]]])).max() <= 1

    def test_sixteen_bit_pgm(self):
        data = b"P5 2 1 65535\n" + struct.pack(">2H", 65_535, 32_768)
        assert np.asarray(read_picture(data).image)[0, :, 0].tolist() == [255, 128]

    def test_palette_with_and_without_transparency(self):
        image = Image.fromarray(PIXELS).quantize(8)
        expected = np.asarray(image.convert("RGB"))
        assert np.array_equal(np.asarray(read_picture(saved(image)).image), expected)
        for transparency in (0, bytes([0, 128, 255])):
            found = read_picture(saved(image, transparency=transparency))
            assert found.notes == ("P turned into RGB", "transparency dropped")
            assert np.array_equal(np.asarray(found.image), expected)

    @pytest.mark.parametrize("mode", ["L", "1", "LA", "RGBA"])
    def test_modes_as_pillow_has_them(self, mode):
        alpha = np.zeros((6, 9), np.uint8)
        alpha[:2] = 200
        image = Image.fromarray(np.dstack([PIXELS, alpha])).convert(mode)
        found = read_picture(saved(image))
        assert np.array_equal(np.asarray(found.image), np.asarray(image.convert("RGB")))
        if mode in ("LA", "RGBA"):
            assert found.coverage == pytest.approx(1 / 3) and "transparency dropped" in found.notes
        else:
            assert np.isnan(found.coverage)

    def test_opaque_alpha_covers_nothing_that_is_known(self):
        found = read_picture(saved(Image.fromarray(PIXELS).convert("RGBA")))
        assert np.isnan(found.coverage) and found.notes == ("RGBA turned into RGB",)

    @pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
    def test_first_frame_of_an_animation(self, kind):
        frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
        data = saved(frames[0], kind, save_all=True, append_images=frames[1:])
        found = read_picture(data)
        assert "first picture of several" in found.notes
        assert np.abs(np.asarray(found.image).astype(int) - [255, 0, 0]).max() < 3


class TestOrientation:
    @pytest.mark.parametrize("turn", range(1, 9))
    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
    def test_upright_as_pillow_turns_it(self, turn, kind):
        exif = Image.Exif()
        exif[0x0112] = turn
        image = Image.fromarray(PIXELS)
        data = saved(image, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
        image.getexif()[0x0112] = turn
        found = read_picture(data)
        assert np.array_equal(np.asarray(found.image), np.asarray(ImageOps.exif_transpose(image)))
        if kind != "TIFF":
            assert found.notes == ((f"turned upright (EXIF orientation {turn})",) if turn > 1 else ())
        # what is handed on has no orientation that somebody might apply again
        assert np.array_equal(np.asarray(ImageOps.exif_transpose(found.image)), np.asarray(found.image))

    def test_the_expected_size_decides(self):
        exif = Image.Exif()
        exif[0x0112] = 6
        data = saved(Image.fromarray(PIXELS), "JPEG", exif=exif)
        assert read_picture(data, expected=(6, 9)).image.size == (6, 9)
        stored = read_picture(data, expected=(9, 6))
        assert stored.image.size == (9, 6) and "not applied" in stored.notes[0]
        with pytest.raises(DatasetError, match="is 9 x 6, expected 9 x 9"):
            read_picture(data, expected=(9, 9))

    def test_broken_exif_does_not_matter(self):
        data = saved(Image.fromarray(PIXELS), "PNG", exif=b"Exif\x00\x00garbage that is no TIFF")
        assert np.array_equal(np.asarray(read_picture(data).image), PIXELS)


class TestMasks:
    MASK = np.array([[0, 1, 2], [0, 2, 2]], np.uint8)

    def test_grey_and_indexed(self):
        indexed = Image.fromarray(self.MASK)
        indexed.putpalette(bytes(range(9)))
        for image in (Image.fromarray(self.MASK), indexed):
            assert np.array_equal(read_mask(saved(image), (3, 2)), self.MASK)

    def test_refused(self, tmp_path):
        good = saved(Image.fromarray(self.MASK))
        with pytest.raises(DatasetError, match="is 3 x 2, expected 2 x 3"):
            read_mask(good, (2, 3))
        with pytest.raises(DatasetError, match="mode RGB"):
            read_mask(saved(Image.fromarray(self.MASK).convert("RGB")), (3, 2))
        with pytest.raises(DatasetError, match="no readable mask"):
            read_mask(good[:40], (3, 2), name="a mask")
        with pytest.raises(DatasetError, match="empty"):
            read_mask(b"", (3, 2))

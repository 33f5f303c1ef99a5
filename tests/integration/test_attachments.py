from __future__ import annotations

import io
import threading
import zipfile
from uuid import uuid4

import pytest
from PIL import Image

from engine import attachments, pictures, tasks
from engine.access import Grant, Viewer
from engine.errors import ConflictError, InvalidFormError, InvalidInputError, NotFoundError
from storage.files import Files


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path / "files")


@pytest.fixture
def task(app, sample):
    app.deploy(sample.ONE_STEP)
    app.start("one", scope="P1")
    return app.open()[0]


def picture(kind="JPEG", size=(3000, 1500), exif=True):
    image, out = Image.new("RGB", size, (200, 30, 30)), io.BytesIO()
    data = Image.Exif()
    data[0x0112], data[0x010F] = 6, "SecretCamera"  # turned by 90 degrees; the maker's name
    image.save(out, kind, **({"exif": data} if exif else {}))
    return out.getvalue()


def put(app, viewer, task, name, data, files):
    return app.call(
        attachments.put, viewer, task_id=task.id, field="photos", filename=name, stream=io.BytesIO(data), files=files
    )


def office(folder):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(f"{folder}/document.xml", "x")
    return out.getvalue()


def test_a_photo_is_turned_made_smaller_and_freed_of_its_hidden_data(app, agent, task, files):
    stored = put(app, agent, task, "厨房.jpeg", picture(), files)
    assert (stored.media_type, stored.width, stored.height, stored.name) == ("image/jpeg", 1280, 2560, "厨房.jpeg")
    with app.database.read() as s:
        info, path = attachments.get(s, agent, stored.id, files=files)
    data = path.read_bytes()
    assert info == stored
    assert len(data) == stored.size
    assert b"SecretCamera" in picture()
    assert b"SecretCamera" not in data
    with Image.open(path) as image:
        assert not image.getexif()


@pytest.mark.parametrize(
    ("name", "data", "media_type", "stored_name"),
    [
        ("a.pdf", b"%PDF-1.7 x", "application/pdf", "a.pdf"),
        ("a.exe", b"%PDF-1.7 x", "application/pdf", "a.pdf"),
        ("t.docx", office("word"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "t.docx"),
        ("t.xlsx", office("xl"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "t.xlsx"),
        ("v.mp4", b"\0\0\0\x18ftypisom0000", "video/mp4", "v.mp4"),
        ("v.m4a", b"\0\0\0\x18ftypM4A 0000", "audio/mp4", "v.m4a"),
        ("v.mp3", b"ID3\x04rest", "audio/mpeg", "v.mp3"),
        ("../../etc/pass<wd>.pdf", b"%PDF-1.7 x", "application/pdf", "passwd.pdf"),
        ("s.png", picture("PNG", (10, 10), exif=False), "image/png", "s.png"),
    ],
)
def test_kinds_of_files_are_told_by_their_bytes(name, data, media_type, stored_name):
    ready = attachments.prepare(name, io.BytesIO(data))
    assert (ready.media_type, ready.name) == (media_type, stored_name)


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("a.jpg", b"", "is empty"),
        ("a.jpg", b"no picture", "neither a picture"),
        ("a.jpg", picture()[:300], "neither a picture"),
        ("a.html", b"<script>alert(1)</script>", "neither a picture"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "neither a picture"),
        ("a.zip", office("other"), "neither a picture"),
        ("a.gif", b"GIF89a" + bytes(20), "neither a picture"),
    ],
)
def test_other_files_are_refused_with_a_sentence(name, data, sentence):
    with pytest.raises(InvalidInputError, match=sentence):
        attachments.prepare(name, io.BytesIO(data))


def test_too_large_files_are_refused(monkeypatch):
    monkeypatch.setattr(attachments, "MAX_BYTES", 1000)
    with pytest.raises(InvalidInputError, match="larger than"):
        attachments.prepare("a.pdf", io.BytesIO(b"%PDF-" + bytes(1000)))
    monkeypatch.setattr(attachments, "MAX_BYTES", 10**8)
    monkeypatch.setattr(pictures, "MAX_PIXELS", 100)
    with pytest.raises(InvalidInputError, match="too many pixels"):
        attachments.prepare("a.png", io.BytesIO(picture("PNG", (50, 50))))


def test_only_who_may_work_on_the_task_attaches_and_only_who_sees_the_case_reads(app, agent, task, files):
    stored = put(app, agent, task, "a.pdf", b"%PDF-1", files)
    stranger = Viewer("x", "X", (Grant("agent", "P2"),))
    with pytest.raises(NotFoundError):
        put(app, stranger, task, "a.pdf", b"%PDF-1", files)
    with app.database.read() as s, pytest.raises(NotFoundError):
        attachments.get(s, stranger, stored.id, files=files)
    app.call(attachments.remove, agent, stored.id)
    with app.database.read() as s, pytest.raises(NotFoundError):
        attachments.get(s, agent, stored.id, files=files)
    app.complete(agent, task.id)
    with pytest.raises(ConflictError):
        put(app, agent, task, "b.pdf", b"%PDF-1", files)


def test_a_form_takes_only_files_of_its_own_case(app, agent, sample, files):
    body = b'{"type": "default", "id": "P", "components": [{"type": "filepicker", "id": "f", "key": "photos", "label": "photos", '
    body += b'"multiple": true}]}'
    app.deploy(sample.bpmn(
        sample.START + sample.user("a", extra='camunda:formRef="P"') + sample.END
        + sample.flow("s", "a") + sample.flow("a", "e"), key="shot",
    ), body)  # fmt: skip
    app.start("shot", scope="P1")
    app.start("shot", scope="P1")
    first, second = app.open()
    stored = [str(put(app, agent, task, "a.jpg", picture(), files).id) for task in (first, second)]
    for strange in (stored[1], str(uuid4()), "no id"):
        with pytest.raises(InvalidFormError) as refused:
            app.complete(agent, first.id, {"photos": [stored[0], strange]})
        assert [error.path for error in refused.value.errors] == ["photos"]
    app.complete(agent, first.id, {"photos": stored[:1]})


def test_the_same_bytes_are_stored_once(files):
    assert files.put(b"x") == files.put(b"x")
    assert len([p for p in files.root.rglob("*") if p.is_file()]) == 1
    with pytest.raises(ValueError):
        files.path("../../etc/passwd")


def test_nothing_is_attached_to_a_task_that_is_being_completed(app, agent, task, files):
    said = []

    def attach():
        try:
            said.append(put(app, agent, task, "a.pdf", b"%PDF-1.7 x", files))
        except ConflictError as conflict:
            said.append(conflict)

    late = threading.Thread(target=attach)
    with app.database.transaction() as s:
        tasks.complete(s, agent, task.id, data={}, now=app.now, registry=app.registry)
        late.start()
        late.join(0.3)  # time enough for one who does not wait for the completion
    late.join(60)
    assert [type(one) for one in said] == [ConflictError]

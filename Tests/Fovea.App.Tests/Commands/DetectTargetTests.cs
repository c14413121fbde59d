using Fovea.App.Commands;
using Fovea.App.Detecting;

namespace Fovea.Tests.App.Commands;

/// <summary>Which pictures <c>detect</c> takes, and where it writes: each in files of its own, and never over a picture.</summary>
public sealed class DetectTargetTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_folder_gives_its_pictures_by_name_and_those_below_when_asked()
    {
        Touch("b.PNG", "a.jpg", "notes.txt", ".hidden.png", "deep/c.webp");
        Assert.Equal(["a.jpg", "b.PNG"], NamesOf(Find(false, folder.Path)));
        Assert.Equal(["a.jpg", "b.PNG", "deep/c.webp"], NamesOf(Find(true, folder.Path)));
    }

    [Fact]
    public void A_pattern_that_no_shell_expanded_is_expanded()
    {
        Touch("x/a.jpg", "x/b.png", "x/deep/c.jpg", "y/a.jpg");
        Assert.Equal(["a.jpg"], NamesOf(Find(false, folder.File("x/*.jpg"))));
        Assert.Equal(["a.jpg", "deep/c.jpg"], NamesOf(Find(false, folder.File("x/**/*.jpg"))));
        Assert.Equal(["x/a.jpg", "y/a.jpg"], NamesOf(Find(false, folder.File("*/a.jpg"))));
        Assert.Contains("fit this pattern", Assert.Single(Find(false, folder.File("x/*.gif")).Failures).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_named_twice_is_taken_once()
    {
        Touch("a.jpg");
        Assert.Single(Find(false, folder.File("a.jpg"), folder.Path, folder.File("./a.jpg")).ToList());
    }

    [Fact]
    public void What_names_nothing_is_told_with_what_may_be_meant()
    {
        Touch("deep/a.jpg");
        Assert.Contains("found no file of this name", Assert.Single(Find(false, "nowhere.jpg").Failures).Problem, StringComparison.Ordinal);
        Assert.Contains("1 in the folders below", Assert.Single(Find(false, folder.Path).Failures).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_drawn_before_is_no_picture_of_a_folder_around_it()
    {
        Touch("a.jpg", "out/a.detections.png");
        var sources = new PictureSources(recursive: true, folder.File("out"));
        sources.Add(folder.Path);
        Assert.Equal(["a.jpg"], NamesOf(sources));

        // Where that folder itself is named, pictures are only those that were not drawn.
        Touch("out/b.jpg", "out/deep/c.detections.png");
        sources.Add(folder.File("out"));
        sources.Add(folder.File("out/**/*.png"));
        Assert.Equal(["a.jpg", "b.jpg"], NamesOf(sources));
    }

    [Fact]
    public void Pictures_of_one_name_keep_the_folders_that_tell_them_apart()
    {
        Touch("a/1.jpg", "b/1.jpg", "b/2.jpg");
        var sources = Find(false, folder.File("a/1.jpg"), folder.File("b/1.jpg"), folder.File("b/2.jpg")).ToList();
        Assert.Equal(["a/1.jpg", "b/1.jpg", "b/2.jpg"], sources.Select(s => s.Name));
        Assert.Equal(
            [In("a/1.detections.png"), In("b/1.detections.png"), In("b/2.detections.png")],
            Drawn(new DetectTargets(sources, "found", true, [])));
    }

    [Fact]
    public void Pictures_that_differ_in_their_extension_alone_keep_it()
    {
        Touch("x.jpg", "x.png", "y.jpg");
        var targets = new DetectTargets(Find(false, folder.Path).ToList(), "found", true, [ResultForm.Yolo]);
        Assert.Equal([In("x.jpg.detections.png"), In("x.png.detections.png"), In("y.detections.png")], Drawn(targets));
        Assert.Equal(In("labels/y.txt"), targets.LabelsOf(2));
    }

    [Fact]
    public void Pictures_whose_files_would_be_one_keep_their_extensions_too()
    {
        Touch("x.jpg", "x.jpg.bmp", "x.png");
        Assert.Equal(
            [In("x.jpg.detections.png"), In("x.jpg.bmp.detections.png"), In("x.png.detections.png")],
            Drawn(new DetectTargets(Find(false, folder.Path).ToList(), "found", true, [])));
    }

    [Fact]
    public void Pictures_that_even_whole_names_do_not_tell_apart_are_refused()
    {
        Touch("stdin");
        var sources = new PictureSources(recursive: false, null);
        sources.AddContent([]);
        sources.Add(folder.File("stdin"));
        var error = Assert.Throws<ArgumentException>(() => new DetectTargets(sources.ToList(), "found", true, []));
        Assert.Contains($"stdin and {folder.File("stdin")} would both be written in", error.Message, StringComparison.Ordinal);
        Assert.False(new DetectTargets(sources.ToList(), "found", false, []).Writes);
    }

    [Fact]
    public async Task The_input_stream_is_read_to_its_end_or_its_bound()
    {
        var content = new byte[100_000];
        Random.Shared.NextBytes(content);
        Assert.Equal(content, await PictureArguments.ReadAsync(new MemoryStream(content), content.Length, default));
        var error = await Assert.ThrowsAsync<InvalidDataException>(
            () => PictureArguments.ReadAsync(new MemoryStream(new byte[(1 << 20) + 1]), 1 << 20, default));
        Assert.Contains("at most 1 MiB on the input stream", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_input_stream_that_stays_silent_holds_up_no_interruption()
    {
        using var source = new CancellationTokenSource();
        var read = PictureArguments.ReadAsync(new SilentStream(), 1, source.Token);
        Assert.False(read.IsCompleted);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void Nothing_is_written_beside_the_pictures_unless_that_is_said()
    {
        Touch("a.jpg");
        var sources = Find(false, folder.File("a.jpg")).ToList();
        Assert.Equal(Path.Combine(DetectTargets.StandardFolder, "a.detections.png"), new DetectTargets(sources, null, true, []).DrawnOf(0));
        Assert.Equal(Path.Combine(folder.Path, "a.detections.png"), new DetectTargets(sources, folder.Path, true, []).DrawnOf(0));
        Assert.Equal("found.png", new DetectTargets(sources, "found.png", true, []).DrawnOf(0));
        Assert.False(new DetectTargets(sources, null, false, []).Writes);
    }

    [Fact]
    public void A_picture_is_not_drawn_over_and_several_not_in_one_file()
    {
        Touch("a.jpg", "a.detections.png");
        string Refusal(string output, params string[] pictures) => Assert.Throws<ArgumentException>(
            () => new DetectTargets(Find(false, [.. pictures.Select(folder.File)]).ToList(), output, true, [])).Message;
        Assert.Contains("itself one of the pictures", Refusal(folder.File("a.jpg"), "a.jpg"), StringComparison.Ordinal);
        Assert.Contains("itself one of the pictures", Refusal(folder.Path, "a.jpg", "a.detections.png"), StringComparison.Ordinal);
        Assert.Contains("expected a folder for 2 pictures", Refusal("found.png", "a.jpg", "a.detections.png"), StringComparison.Ordinal);
    }

    private static string In(string name) => Path.Combine("found", name);

    private static IEnumerable<string> NamesOf(PictureSources sources) => sources.ToList().Select(s => s.Name);

    private static IEnumerable<string?> Drawn(DetectTargets targets) => Enumerable.Range(0, 3).Select(targets.DrawnOf);

    private static PictureSources Find(bool recursive, params string[] arguments)
    {
        var sources = new PictureSources(recursive, null);
        foreach (var argument in arguments)
        {
            sources.Add(argument);
        }

        return sources;
    }

    /// <summary>Waits as the console's stream does, whatever the token says.</summary>
    private sealed class SilentStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            new(new TaskCompletionSource<int>().Task);
    }

    private void Touch(params string[] names)
    {
        foreach (var name in names)
        {
            folder.Write(name, "");
        }
    }
}

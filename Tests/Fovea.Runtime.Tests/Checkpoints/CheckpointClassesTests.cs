using System.Diagnostics;
using Fovea.Checkpoints;
using Fovea.Devices;

namespace Fovea.Tests.Checkpoints;

public class CheckpointClassesTests
{
    private static readonly ToyProgram Permuted = ToyProgram.WithClasses("Tall", "Square", "Wide");

    [Fact]
    public void The_same_classes_in_the_same_order_are_read_in_silence()
    {
        using var folder = new TempFolder();
        using var saved = Saved(folder);
        var told = new Lines();
        using var loaded = ToyDetector.Load(folder.File("toy.safetensors"), new LoadOptions { Warnings = told });
        CheckpointTests.AssertSame(saved, loaded);
        Assert.Empty(told);
    }

    [Fact]
    public void Another_order_is_refused_with_what_differs_and_how_to_read_it()
    {
        using var folder = new TempFolder();
        using var saved = Saved(folder);
        using var other = ToyDetector.Create(6, program: Permuted);
        var before = other.ReadTensor("head.classification_head.cls_logits.weight");
        var error = Assert.Throws<CheckpointException>(() => other.LoadWeights(folder.File("toy.safetensors")));
        Assert.EndsWith(
            "toy.safetensors: the classes differ from those of Toy. channel 0: expected Tall, found Square; channel 1: expected Square, found Wide; "
            + "channel 2: expected Wide, found Tall. They are the same classes on other channels: ClassMatching.ByName in LoadOptions "
            + "(--classes-by-name) puts each in its place.",
            error.Message,
            StringComparison.Ordinal);
        Assert.Equal(before, other.ReadTensor("head.classification_head.cls_logits.weight"));
    }

    [Fact]
    public void Read_by_name_another_order_finds_the_same_objects()
    {
        using var folder = new TempFolder();
        using var saved = Saved(folder);
        using var other = ToyDetector.Load(folder.File("toy.safetensors"), new LoadOptions { Classes = ClassMatching.ByName }, Permuted);
        var image = ToyScenes.Create(1, 3).LoadImage(0);
        var (expected, found) = (ByName(saved, image), ByName(other, image));
        Assert.True(expected.Select(d => d.Name).Distinct().Count() > 1, "all detections are of one class");
        Assert.Equal(expected, found);

        // Saved, the file has the new order: the same detector reads it as it is.
        other.Save(folder.File("again.safetensors"));
        using var again = ToyDetector.Load(folder.File("again.safetensors"), program: Permuted);
        CheckpointTests.AssertSame(other, again);
    }

    [Fact]
    public void Renamed_classes_are_refused_unless_it_is_said_how()
    {
        using var folder = new TempFolder();
        using var saved = Saved(folder);
        var renamed = ToyProgram.WithClasses("Square", "Broad", "Tall");
        var error = Assert.Throws<CheckpointException>(() => ToyDetector.Load(folder.File("toy.safetensors"), program: renamed));
        Assert.Contains("channel 1: expected Broad, found Wide. Not in the file: Broad. Only in the file: Wide. ", error.Message, StringComparison.Ordinal);
        Assert.Contains("RenamedClasses", error.Message, StringComparison.Ordinal);
        var names = new LoadOptions { RenamedClasses = new Dictionary<string, string> { ["Wide"] = "Broad" } };
        using var loaded = ToyDetector.Load(folder.File("toy.safetensors"), names, renamed);
        CheckpointTests.AssertSame(saved, loaded);

        // Saved since, the file has the new name; the same options read it, as a resumed training does.
        loaded.Save(folder.File("since.safetensors"));
        using var since = ToyDetector.Load(folder.File("since.safetensors"), names, renamed);
        CheckpointTests.AssertSame(saved, since);
    }

    [Fact]
    public void Classes_can_be_renamed_and_in_another_order_at_once()
    {
        using var folder = new TempFolder();
        using var saved = Saved(folder);
        var options = new LoadOptions
        {
            Classes = ClassMatching.ByName,
            RenamedClasses = new Dictionary<string, string> { ["Wide"] = "Broad" },
        };
        using var loaded = ToyDetector.Load(folder.File("toy.safetensors"), options, ToyProgram.WithClasses("Broad", "Tall", "Square"));
        var (before, after) = (Bias(saved), Bias(loaded));
        Assert.Equal([before[1], before[2], before[0], before[4], before[5], before[3]], after);
    }

    [Fact]
    public void Two_classes_that_would_have_one_name_are_refused()
    {
        using var folder = new TempFolder();
        using var saved = Saved(folder);
        var names = new LoadOptions { RenamedClasses = new Dictionary<string, string> { ["Wide"] = "Tall" } };
        var error = Assert.Throws<CheckpointException>(() => ToyDetector.Load(folder.File("toy.safetensors"), names));
        Assert.Contains("two of which would be called Tall", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_would_be_without_effect_are_refused()
    {
        using var folder = new TempFolder();
        using var saved = Saved(folder);
        var names = new LoadOptions { RenamedClasses = new Dictionary<string, string> { ["Wide"] = "Broad", ["Cat"] = "Dog" } };
        var error = Assert.Throws<CheckpointException>(() => ToyDetector.Load(folder.File("toy.safetensors"), names));
        Assert.Contains(
            "has classes [\"Square\",\"Wide\",\"Tall\"], but RenamedClasses (--rename-class) names Cat:", error.Message, StringComparison.Ordinal);

        var byChannel = names with { Classes = ClassMatching.ByChannel };
        error = Assert.Throws<CheckpointException>(() => ToyDetector.Load(folder.File("toy.safetensors"), byChannel));
        Assert.Contains("ClassMatching.ByChannel asks for no names", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_classes_are_refused_by_name_too_but_can_be_read_channel_by_channel()
    {
        using var folder = new TempFolder();
        using var saved = Saved(folder);
        var others = ToyProgram.WithClasses("Cat", "Dog", "Cow");
        var error = Assert.Throws<CheckpointException>(
            () => ToyDetector.Load(folder.File("toy.safetensors"), new LoadOptions { Classes = ClassMatching.ByName }, others));
        Assert.Contains("Not in the file: Cat, Dog, Cow. Only in the file: Square, Wide, Tall.", error.Message, StringComparison.Ordinal);
        using var loaded = ToyDetector.Load(folder.File("toy.safetensors"), new LoadOptions { Classes = ClassMatching.ByChannel }, others);
        CheckpointTests.AssertSame(saved, loaded);
    }

    [Fact]
    public void Gaps_of_an_enum_lie_where_the_file_has_its_gaps()
    {
        using var folder = new TempFolder();
        using var saved = ToyDetector.Create(5, program: ToyProgram.WithClasses(null, "Square", "Wide")).Excited();
        saved.Save(folder.File("gap.safetensors"));
        var without = ToyProgram.WithClasses("Square", "Wide", null);
        var error = Assert.Throws<CheckpointException>(() => ToyDetector.Load(folder.File("gap.safetensors"), program: without));
        Assert.Contains("channel 0: expected Square, found no class", error.Message, StringComparison.Ordinal);
        using var loaded = ToyDetector.Load(folder.File("gap.safetensors"), new LoadOptions { Classes = ClassMatching.ByName }, without);
        var (before, after) = (Bias(saved), Bias(loaded));
        Assert.Equal([before[1], before[2], before[0], before[4], before[5], before[3]], after);
    }

    [Fact]
    public void Files_from_before_are_read_as_they_are_with_a_warning()
    {
        using var folder = new TempFolder();
        using var saved = Saved(folder);
        MakeOld(folder, keepNames: true);
        AssertWarns(saved, folder, ToyProgram.Instance, "It names the same classes as the detector");
        AssertWarns(saved, folder, Permuted, "Its channels are read as they are, but the classes differ from those of Toy. channel 0: expected Tall");

        // It has names: that is enough to read it by name, which needs no warning.
        var told = new Lines();
        using var named = ToyDetector.Load(
            folder.File("old.safetensors"), new LoadOptions { Classes = ClassMatching.ByName, Warnings = told }, Permuted);
        Assert.Equal(Bias(saved)[2], Bias(named)[0]);
        Assert.Empty(told);

        MakeOld(folder, keepNames: false);
        AssertWarns(saved, folder, ToyProgram.Instance, "It names none; they are read as [\"Square\",\"Wide\",\"Tall\"]");
    }

    [Fact]
    public void Warnings_that_nobody_wants_go_to_the_trace()
    {
        using var folder = new TempFolder();
        using var saved = Saved(folder);
        MakeOld(folder, keepNames: true);
        using var text = new StringWriter();
        using var listener = new TextWriterTraceListener(text);
        Trace.Listeners.Add(listener);
        try
        {
            using var loaded = ToyDetector.Load(folder.File("old.safetensors"));
        }
        finally
        {
            Trace.Listeners.Remove(listener);
        }

        Assert.Contains("old.safetensors: was written before checkpoints were checked for their classes.", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_without_metadata_are_read_in_silence_but_not_by_name()
    {
        using var folder = new TempFolder();
        using var saved = Saved(folder);
        Rewrite(folder.File("toy.safetensors"), folder.File("plain.safetensors"), _ => null);
        var told = new Lines();
        using var loaded = ToyDetector.Load(folder.File("plain.safetensors"), new LoadOptions { Warnings = told });
        CheckpointTests.AssertSame(saved, loaded);
        Assert.Empty(told);
        var error = Assert.Throws<CheckpointException>(
            () => ToyDetector.Load(folder.File("plain.safetensors"), new LoadOptions { Classes = ClassMatching.ByName }));
        Assert.Contains("names no classes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Class_names_that_are_no_list_are_named_with_their_field()
    {
        using var folder = new TempFolder();
        using var saved = Saved(folder);
        foreach (var damaged in new[] { "{}", "[1]", "[\"Square\"" })
        {
            Rewrite(folder.File("toy.safetensors"), folder.File("bad.safetensors"), m => m.Key == CheckpointKeys.Classes ? damaged : m.Value);
            var error = Assert.Throws<CheckpointException>(() => ToyDetector.Load(folder.File("bad.safetensors")));
            Assert.Contains("__metadata__.fovea.classes: expected a JSON array of names", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_resumed_training_checks_its_classes_and_can_take_them_by_name()
    {
        using var folder = new TempFolder();
        var options = new TrainerOptions { Epochs = 1, BatchSize = 4, EvaluateEvery = 0, Folder = folder.Path, Optimizer = new Adam { AmsGrad = true } };
        var train = ToyScenes.Create(8, 1);
        using var detector = ToyDetector.Create(1);
        await Trainer.For(detector, options).FitAsync(train);

        using var other = ToyDetector.Create(2, program: Permuted);
        var error = await Assert.ThrowsAsync<CheckpointException>(() => Trainer.For(other, options with { Resume = true }).FitAsync(train));
        Assert.Contains("ClassMatching.ByName", error.Message, StringComparison.Ordinal);

        // Nothing is left to train: what is resumed is what was saved, moments and all.
        var byName = new LoadOptions { Classes = ClassMatching.ByName };
        await Trainer.For(other, options with { Resume = true, Loading = byName }).FitAsync(train);
        var bias = other.Description.Tensors.Single(t => t.Key == "head.classification_head.cls_logits.bias");
        foreach (var buffer in new[]
        {
            StateBuffer.Parameters, StateBuffer.FirstMoment, StateBuffer.SecondMoment, StateBuffer.GreatestSecondMoment,
        })
        {
            var (before, after) = (Values(detector, buffer, bias), Values(other, buffer, bias));
            Assert.True(before.Distinct().Count() == before.Length, $"{buffer} would look the same in any order");
            Assert.Equal([before[2], before[0], before[1], before[5], before[3], before[4]], after);
        }
    }

    [Fact]
    public void Checkpoints_come_from_streams_and_memory_too()
    {
        using var folder = new TempFolder();
        using var saved = Saved(folder);
        using var stream = new MemoryStream();
        stream.WriteByte(7);
        saved.Save(stream);
        Assert.Equal(File.ReadAllBytes(folder.File("toy.safetensors")), stream.ToArray()[1..]);

        using var loaded = ToyDetector.Create(6);
        stream.Position = 1;
        loaded.LoadWeights(stream);
        CheckpointTests.AssertSame(saved, loaded);
        Assert.True(stream.CanRead);

        using var second = ToyDetector.Create(6);
        second.LoadWeights(stream.ToArray().AsMemory(1));
        CheckpointTests.AssertSame(saved, second);
        var error = Assert.Throws<CheckpointException>(() => second.LoadWeights(new byte[20], name: "from the net"));
        Assert.StartsWith("from the net: ", error.Message, StringComparison.Ordinal);
    }

    private static ToyDetector Saved(TempFolder folder)
    {
        var detector = ToyDetector.Create(5).Excited();
        detector.Save(folder.File("toy.safetensors"));
        return detector;
    }

    private static float[] Bias(ToyDetector detector) => detector.ReadTensor("head.classification_head.cls_logits.bias");

    private static float[] Values(ToyDetector detector, StateBuffer buffer, TensorInfo tensor)
    {
        var values = new float[tensor.Length];
        detector.Model.Read(buffer, tensor.Offset, values);
        return values;
    }

    private static (string? Name, float Score, Box Box)[] ByName(ToyDetector detector, RgbImage image) =>
    [
        .. detector.Detect(image).Select(d => (Name: detector.Description.ClassNames[(int)d.Class], d.Score, d.Box))
            .OrderByDescending(d => d.Score).ThenBy(d => d.Name, StringComparer.Ordinal).ThenBy(d => d.Box.X1).ThenBy(d => d.Box.Y1),
    ];

    private static void AssertWarns(ToyDetector saved, TempFolder folder, ToyProgram program, string expected)
    {
        var told = new Lines();
        using var loaded = ToyDetector.Load(folder.File("old.safetensors"), new LoadOptions { Warnings = told }, program);
        CheckpointTests.AssertSame(saved, loaded);
        Assert.Contains(expected, Assert.Single(told), StringComparison.Ordinal);
    }

    /// <summary>As files were before the fingerprint covered classes: the hash that is now of the architecture alone.</summary>
    private static void MakeOld(TempFolder folder, bool keepNames) => Rewrite(
        folder.File("toy.safetensors"),
        folder.File("old.safetensors"),
        m => m.Key switch
        {
            CheckpointKeys.Fingerprint => ToyProgram.Instance.Description.ArchitectureFingerprint,
            CheckpointKeys.Architecture => null,
            CheckpointKeys.Classes when !keepNames => null,
            _ => m.Value,
        });

    private static void Rewrite(string from, string to, Func<KeyValuePair<string, string>, string?> metadata)
    {
        using var file = SafetensorsFile.Open(from);
        var writer = new SafetensorsWriter();
        foreach (var item in file.Metadata)
        {
            if (metadata(item) is { } value)
            {
                writer.AddMetadata(item.Key, value);
            }
        }

        foreach (var (name, entry) in file.Tensors)
        {
            if (entry.Type == ElementType.I64)
            {
                writer.Add(name, entry.Shape, file.ReadIntegers(name));
            }
            else
            {
                writer.Add(name, entry.Shape, () => file.ReadSingles(name));
            }
        }

        CheckpointWriter.Write(to, writer);
    }

    private sealed class Lines : List<string>, IProgress<string>
    {
        public void Report(string value) => Add(value);
    }
}

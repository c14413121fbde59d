using Fovea.Checkpoints;

namespace Fovea.Tests.Checkpoints;

/// <summary>What is taken of a checkpoint, what gets first weights, and that the report and the warnings say so.</summary>
public class LoadRuleTests
{
    private const string ClassWeight = "head.classification_head.cls_logits.weight";
    private const string ClassBias = "head.classification_head.cls_logits.bias";
    private const string BoxBias = "head.regression_head.bbox_reg.bias";

    [Fact]
    public void In_part_what_fits_is_taken_and_the_rest_gets_first_weights_and_is_reported()
    {
        using var saved = ToyDetector.Create(5);
        using var first = ToyDetector.Create(9);
        using var loaded = ToyDetector.Create(9).Excited();
        var told = new Lines();
        var file = Save(
            saved, (name, shape, values) => name == ClassWeight ? (name, [10, .. shape[1..]], new float[10 * 16 * 9])
                : name == ClassBias ? (name, [10], new float[10]) : name == BoxBias ? ("head.other", shape, values) : (name, shape, values));
        var report = loaded.LoadWeights(file, new LoadOptions { Rule = LoadRule.Partial, Warnings = told }, "toy.safetensors");

        Assert.Equal(
            [new(ClassWeight, "[6, 16, 3, 3]", "[10, 16, 3, 3]"), new(ClassBias, "[6]", "[10]"), new(BoxBias, "[8]", null)], report.Initialized);
        Assert.Equal([ClassBias, ClassWeight, "head.other"], report.Ignored.Order(StringComparer.Ordinal));
        Assert.Equal(saved.Description.Tensors.Length - 3, report.Loaded);
        Assert.Equal("toy.safetensors", report.File);
        foreach (var tensor in loaded.Description.Tensors)
        {
            var expected = tensor.Key is ClassWeight or ClassBias or BoxBias ? first : saved;
            Assert.True(expected.ReadTensor(tensor.Key).AsSpan().SequenceEqual(loaded.ReadTensor(tensor.Key)), tensor.Key);
        }

        Assert.Equal("toy.safetensors: head.classification_head.cls_logits.weight has first weights: expected [6, 16, 3, 3], found [10, 16, 3, 3].", told[0]);
        Assert.Equal("toy.safetensors: head.regression_head.bbox_reg.bias has first weights: expected [8], found nothing.", told[2]);
        Assert.Contains("3 tensors left out: ", told[3], StringComparison.Ordinal);
        Assert.Equal(4, told.Count);
    }

    [Fact]
    public void First_weights_are_of_the_seed_that_is_given_else_of_the_detectors_own()
    {
        using var saved = ToyDetector.Create(5);
        var file = Save(saved, (name, shape, values) => name == BoxBias || name.StartsWith("head.class", StringComparison.Ordinal) ? null : (name, shape, values));
        using var own = ToyDetector.Create(9);
        own.LoadWeights(file, new LoadOptions { Rule = LoadRule.Partial });
        using var nine = ToyDetector.Create(9);
        Assert.Equal(nine.ReadTensor(ClassWeight), own.ReadTensor(ClassWeight));
        own.LoadWeights(file, new LoadOptions { Rule = LoadRule.Partial, Seed = 3 });
        using var three = ToyDetector.Create(3);
        Assert.Equal(three.ReadTensor(ClassWeight), own.ReadTensor(ClassWeight));
        Assert.NotEqual(nine.ReadTensor(ClassWeight), own.ReadTensor(ClassWeight));

        // Load makes a detector that never had any.
        using var folder = new TempFolder();
        File.WriteAllBytes(folder.File("toy.safetensors"), file);
        using var made = ToyDetector.Load(folder.File("toy.safetensors"), new LoadOptions { Rule = LoadRule.Partial });
        using var zero = ToyDetector.Create(0);
        Assert.Equal(zero.ReadTensor(ClassWeight), made.ReadTensor(ClassWeight));
        Assert.Equal(zero.ReadTensor(ClassBias), made.ReadTensor(ClassBias));
    }

    [Fact]
    public void A_whole_file_is_read_in_part_as_it_is_otherwise()
    {
        using var saved = ToyDetector.Create(5).Excited();
        using var content = new MemoryStream();
        saved.Save(content);
        using var loaded = ToyDetector.Create(6);
        var told = new Lines();
        var report = loaded.LoadWeights(content.ToArray(), new LoadOptions { Rule = LoadRule.Partial, Warnings = told });
        CheckpointTests.AssertSame(saved, loaded);
        Assert.Empty(report.Initialized);
        Assert.Empty(report.Ignored);
        Assert.Empty(told);
        Assert.Equal(report.Loaded, saved.Description.Tensors.Length);
    }

    [Fact]
    public void Other_classes_on_as_many_channels_are_not_taken_for_the_detectors()
    {
        using var saved = ToyDetector.Create(5).Excited();
        using var content = new MemoryStream();
        saved.Save(content);
        var program = ToyProgram.WithClasses("Cat", "Dog", "Tall");
        using var loaded = ToyDetector.Create(9, program: program);
        var report = loaded.LoadWeights(content.ToArray(), new LoadOptions { Rule = LoadRule.Partial });
        Assert.Equal(
            new InitializedTensor(ClassWeight, """classes ["Cat","Dog","Tall"]""", """classes ["Square","Wide","Tall"]"""), report.Initialized[0]);
        Assert.Equal([ClassWeight, ClassBias], report.Initialized.Select(i => i.Name));
        using var first = ToyDetector.Create(9);
        Assert.Equal(first.ReadTensor(ClassBias), loaded.ReadTensor(ClassBias));
        Assert.Equal(saved.ReadTensor(BoxBias), loaded.ReadTensor(BoxBias));

        // By channel they are.
        loaded.LoadWeights(content.ToArray(), new LoadOptions { Rule = LoadRule.Partial, Classes = ClassMatching.ByChannel });
        Assert.Equal(saved.ReadTensor(ClassBias), loaded.ReadTensor(ClassBias));
    }

    [Fact]
    public void A_file_of_which_nothing_fits_is_refused_in_part_too()
    {
        var writer = new SafetensorsWriter();
        writer.Add("something.else", [2], () => [1, 2]);
        using var detector = ToyDetector.Create(6);
        var error = Assert.Throws<CheckpointException>(() => detector.LoadWeights(Bytes(writer), new LoadOptions { Rule = LoadRule.Partial }));
        Assert.Contains("has nothing that fits Toy", error.Message, StringComparison.Ordinal);
        Assert.Contains("1 unexpected:\n    something.else [2]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Exactly_the_rule_that_would_take_it_is_named()
    {
        using var saved = ToyDetector.Create(5);
        using var detector = ToyDetector.Create(6);
        var part = Save(saved, (name, shape, values) => name == BoxBias ? null : (name, shape, values));
        var error = Assert.Throws<CheckpointException>(() => detector.LoadWeights(part));
        Assert.EndsWith("17 fit: LoadRule.Partial (--load partial) takes them and gives all others first weights.", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<CheckpointException>(() => detector.LoadWeights(Classifier(saved)));
        Assert.EndsWith("It is a ResNet for classification: LoadRule.BackboneOnly (--load backbone) takes it as the backbone.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("module.", true)]
    [InlineData("body.", false)]
    [InlineData("backbone.body.", false)]
    public void A_backbone_alone_is_taken_from_a_classifier_or_from_a_detector(string prefix, bool isClassifier)
    {
        using var saved = ToyDetector.Create(5);
        using var first = ToyDetector.Create(9);
        using var loaded = ToyDetector.Create(9).Excited();
        var told = new Lines();
        var report = loaded.LoadWeights(
            isClassifier ? Classifier(saved, prefix) : Save(saved, (name, shape, values) => name.StartsWith("backbone.body.", StringComparison.Ordinal) ? (prefix + name["backbone.body.".Length..], shape, values) : null),
            new LoadOptions { Rule = LoadRule.BackboneOnly, Warnings = told });
        foreach (var tensor in loaded.Description.Tensors)
        {
            var expected = tensor.Key.StartsWith("backbone.body.", StringComparison.Ordinal) ? saved : first;
            Assert.True(expected.ReadTensor(tensor.Key).AsSpan().SequenceEqual(loaded.ReadTensor(tensor.Key)), tensor.Key);
        }

        Assert.Equal(10, report.Loaded);
        Assert.Equal(loaded.Description.Tensors.Where(t => !t.Key.StartsWith("backbone.body.", StringComparison.Ordinal)).Select(t => t.Key), report.Initialized.Select(i => i.Name));
        Assert.Equal(isClassifier ? [prefix + "fc.weight", prefix + "fc.bias"] : [], report.Ignored);
        Assert.Empty(told);
        Assert.Equal(isClassifier ? 77 : 0, loaded.Model.BatchesTracked);
    }

    [Fact]
    public void A_whole_detector_gives_its_backbone_whatever_its_classes_are()
    {
        using var saved = ToyDetector.Create(5);
        using var content = new MemoryStream();
        saved.Save(content);
        using var loaded = ToyDetector.Create(9, program: ToyProgram.WithClasses("Cat", "Dog", "Cow"));
        var report = loaded.LoadWeights(content.ToArray(), new LoadOptions { Rule = LoadRule.BackboneOnly });
        Assert.Equal((10, 8, 8), (report.Loaded, report.Initialized.Count, report.Ignored.Count));
        Assert.Equal(saved.ReadTensor("backbone.body.conv2.weight"), loaded.ReadTensor("backbone.body.conv2.weight"));
    }

    [Fact]
    public void A_backbone_that_is_not_the_detectors_is_refused_and_changes_nothing()
    {
        using var saved = ToyDetector.Create(5);
        using var detector = ToyDetector.Create(6);
        var before = detector.ReadTensor("backbone.body.conv1.weight");
        var only = new LoadOptions { Rule = LoadRule.BackboneOnly };

        // Of a deeper one all tensors fit, and more are left.
        var deeper = Save(saved, (name, shape, values) => (name, shape, values), ("backbone.body.layer3.9.conv1.weight", [2], [1, 2]));
        var error = Assert.Throws<CheckpointException>(() => detector.LoadWeights(deeper, only));
        Assert.Contains("has not the backbone of Toy", error.Message, StringComparison.Ordinal);
        Assert.Contains("1 unexpected:\n    backbone.body.layer3.9.conv1.weight [2]", error.Message, StringComparison.Ordinal);
        var other = Save(saved, (name, shape, values) => name == "backbone.body.conv2.weight" ? (name, [16, 8, 9], values) : name == "backbone.body.bn1.bias" ? null : (name, shape, values));
        error = Assert.Throws<CheckpointException>(() => detector.LoadWeights(other, only));
        Assert.Contains("backbone.body.conv2.weight: expected [16, 8, 3, 3], found [16, 8, 9]", error.Message, StringComparison.Ordinal);
        Assert.Contains("1 missing:\n    backbone.body.bn1.bias [8]", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, detector.ReadTensor("backbone.body.conv1.weight"));
    }

    [Fact]
    public void Classes_by_name_are_none_of_a_backbones_business()
    {
        using var saved = ToyDetector.Create(5);
        using var detector = ToyDetector.Create(6);
        var options = new LoadOptions { Rule = LoadRule.BackboneOnly, Classes = ClassMatching.ByName };
        var error = Assert.Throws<CheckpointException>(() => detector.LoadWeights(Classifier(saved), options));
        Assert.Contains("LoadRule.BackboneOnly takes no classes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void By_name_classes_are_added_and_dropped()
    {
        using var saved = ToyDetector.Create(5).Excited();
        using var content = new MemoryStream();
        saved.Save(content);
        using var first = ToyDetector.Create(9);
        using var loaded = ToyDetector.Create(9, program: ToyProgram.WithClasses("Tall", "Cat", "Square"));
        var told = new Lines();
        var report = loaded.LoadWeights(content.ToArray(), new LoadOptions { Rule = LoadRule.ByClassName, Warnings = told }, "toy.safetensors");
        Assert.Equal(["Cat"], report.AddedClasses);
        Assert.Equal(["Wide"], report.DroppedClasses);
        Assert.Empty(report.Initialized);
        Assert.Equal(["toy.safetensors: 1 classes with first weights: Cat", "toy.safetensors: 1 classes left out: Wide"], told);
        var (before, init, after) = (saved.ReadTensor(ClassBias), first.ReadTensor(ClassBias), loaded.ReadTensor(ClassBias));
        Assert.Equal([before[2], init[1], before[0], before[5], init[4], before[3]], after);
        AssertRows(saved, first, loaded, [2, -1, 0], 3);
        Assert.Equal(saved.ReadTensor(BoxBias), loaded.ReadTensor(BoxBias));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void By_name_a_file_may_have_fewer_or_more_classes(int count)
    {
        // The file's head has two anchors of as many classes; those of the detector are Square, Wide, Tall.
        string[] names = [.. new[] { "Wide", "Cat", "Tall", "Dog", "Square" }[..count]];
        using var saved = ToyDetector.Create(5);
        using var first = ToyDetector.Create(9);
        var random = new Random(1);
        float[] Random(int length) => [.. Enumerable.Range(0, length).Select(_ => random.NextSingle())];
        var (weight, bias) = (Random(2 * count * 16 * 9), Random(2 * count));
        var file = Save(
            saved,
            (name, shape, values) => name == ClassWeight ? (name, [2 * count, 16, 3, 3], weight) : name == ClassBias ? (name, [2 * count], bias) : (name, shape, values),
            classes: names);
        using var loaded = ToyDetector.Create(9);
        var report = loaded.LoadWeights(file, new LoadOptions { Rule = LoadRule.ByClassName });
        Assert.Equal(new[] { "Square", "Wide", "Tall" }.Except(names), report.AddedClasses);
        Assert.Equal(names.Except(["Square", "Wide", "Tall"]), report.DroppedClasses);
        var (initial, actual) = (first.ReadTensor(ClassBias), loaded.ReadTensor(ClassBias));
        var (initialWeight, actualWeight) = (first.ReadTensor(ClassWeight), loaded.ReadTensor(ClassWeight));
        for (var row = 0; row < 6; row++)
        {
            var source = Array.IndexOf(names, new[] { "Square", "Wide", "Tall" }[row % 3]);
            var from = ((row / 3) * count) + source;
            Assert.Equal(source < 0 ? initial[row] : bias[from], actual[row]);
            var (expected, at) = source < 0 ? (initialWeight, row) : (weight, from);
            Assert.Equal(expected.AsSpan(at * 144, 144).ToArray(), actualWeight.AsSpan(row * 144, 144).ToArray());
        }

        // In part it is read so, too; exactly, and without a common class, it is refused.
        using var part = ToyDetector.Create(9);
        report = part.LoadWeights(file, new LoadOptions { Rule = LoadRule.Partial, Classes = ClassMatching.ByName });
        CheckpointTests.AssertSame(loaded, part);
        Assert.Equal(names.Except(["Square", "Wide", "Tall"]), report.DroppedClasses);
        foreach (var exactly in new[] { ClassMatching.Same, ClassMatching.ByName })
        {
            var refused = Assert.Throws<CheckpointException>(() => loaded.LoadWeights(file, new LoadOptions { Classes = exactly }));
            Assert.Contains("of another shape", refused.Message, StringComparison.Ordinal);
        }

        using var others = ToyDetector.Create(9, program: ToyProgram.WithClasses("A", "B", "C"));
        var error = Assert.Throws<CheckpointException>(() => others.LoadWeights(file, new LoadOptions { Rule = LoadRule.ByClassName }));
        Assert.Contains("Not in the file: A, B, C.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void By_name_and_in_part_a_file_without_a_common_class_gives_all_but_the_class_layer()
    {
        using var saved = ToyDetector.Create(5).Excited();
        using var content = new MemoryStream();
        saved.Save(content);
        using var loaded = ToyDetector.Create(9, program: ToyProgram.WithClasses("A", "B", "C"));
        var report = loaded.LoadWeights(content.ToArray(), new LoadOptions { Rule = LoadRule.Partial, Classes = ClassMatching.ByName });
        Assert.Equal([ClassWeight, ClassBias], report.Initialized.Select(i => i.Name));
        Assert.Equal(saved.ReadTensor(BoxBias), loaded.ReadTensor(BoxBias));
    }

    [Fact]
    public void Rules_that_contradict_one_another_are_refused()
    {
        using var saved = ToyDetector.Create(5);
        using var content = new MemoryStream();
        saved.Save(content);
        using var detector = ToyDetector.Create(6);
        var error = Assert.Throws<CheckpointException>(
            () => detector.LoadWeights(content.ToArray(), new LoadOptions { Rule = LoadRule.ByClassName, Classes = ClassMatching.ByChannel }));
        Assert.Contains("LoadRule.ByClassName was given with ClassMatching.ByChannel", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<CheckpointException>(() => detector.LoadWeights(Classifier(saved), new LoadOptions { Rule = LoadRule.ByClassName }));
        Assert.Contains("It is a ResNet for classification", error.Message, StringComparison.Ordinal);
        var plain = Save(saved, (name, shape, values) => (name, shape, values));
        error = Assert.Throws<CheckpointException>(() => detector.LoadWeights(plain, new LoadOptions { Rule = LoadRule.ByClassName }));
        Assert.Contains("names no classes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_resumed_training_takes_all_of_its_file_whatever_the_rule()
    {
        using var folder = new TempFolder();
        var options = new TrainerOptions { Epochs = 1, BatchSize = 4, EvaluateEvery = 0, Folder = folder.Path };
        var train = Fovea.TestSupport.ToyScenes.Create(8, 1);
        using var detector = ToyDetector.Create(1);
        await Trainer.For(detector, options).FitAsync(train);
        using var resumed = ToyDetector.Create(2);
        await Trainer.For(resumed, options with { Resume = true, Loading = new LoadOptions { Rule = LoadRule.BackboneOnly } }).FitAsync(train);
        CheckpointTests.AssertSame(detector, resumed);

        // Of other classes its moments would be none of this training's.
        using var other = ToyDetector.Create(2, program: ToyProgram.WithClasses("Square", "Wide", "Cat"));
        var error = await Assert.ThrowsAsync<CheckpointException>(
            () => Trainer.For(other, options with { Resume = true, Loading = new LoadOptions { Classes = ClassMatching.ByName } }).FitAsync(train));
        Assert.Contains("Not in the file: Cat.", error.Message, StringComparison.Ordinal);
    }

    private static void AssertRows(ToyDetector saved, ToyDetector first, ToyDetector loaded, int[] sources, int fileClasses)
    {
        var (before, init, after) = (saved.ReadTensor(ClassWeight), first.ReadTensor(ClassWeight), loaded.ReadTensor(ClassWeight));
        var length = after.Length / 6;
        for (var row = 0; row < 6; row++)
        {
            var source = sources[row % 3];
            var (expected, from) = source < 0 ? (init, row) : (before, ((row / 3) * fileClasses) + source);
            Assert.Equal(expected.AsSpan(from * length, length).ToArray(), after.AsSpan(row * length, length).ToArray());
        }
    }

    /// <summary>A detector's backbone as torchvision's classifiers have it, with an <c>fc</c>.</summary>
    private static byte[] Classifier(ToyDetector saved, string prefix = "")
    {
        var writer = new SafetensorsWriter();
        foreach (var tensor in saved.Description.Tensors.Where(t => t.Key.StartsWith("backbone.body.", StringComparison.Ordinal)))
        {
            writer.Add(prefix + tensor.Key["backbone.body.".Length..], tensor.Shape, () => saved.ReadTensor(tensor.Key));
        }

        writer.Add(prefix + "fc.weight", [1000, 16], () => new float[16000]);
        writer.Add(prefix + "fc.bias", [1000], () => new float[1000]);
        writer.Add(prefix + "bn1.num_batches_tracked", [], [77L]);
        writer.Add(prefix + "bn2.num_batches_tracked", [], [77L]);
        return Bytes(writer);
    }

    private static byte[] Save(
        ToyDetector saved, Func<string, int[], float[], (string Name, int[] Shape, float[] Values)?> change, (string Name, int[] Shape, float[] Values)? more = null,
        string[]? classes = null)
    {
        var writer = new SafetensorsWriter();
        var tensors = saved.Description.Tensors.Select(t => change(t.Key, t.Shape, saved.ReadTensor(t.Key))).Append(more);
        foreach (var (name, shape, values) in tensors.OfType<(string, int[], float[])>())
        {
            writer.Add(name, shape, () => values);
        }

        if (classes is not null)
        {
            writer.AddMetadata(CheckpointKeys.Classes, CheckpointKeys.WriteClasses(classes));
            writer.AddMetadata(CheckpointKeys.Architecture, "of another number of classes");
        }

        return Bytes(writer);
    }

    private static byte[] Bytes(SafetensorsWriter writer)
    {
        using var stream = new MemoryStream();
        writer.Write(stream);
        return stream.ToArray();
    }

    private sealed class Lines : List<string>, IProgress<string>
    {
        public void Report(string value) => Add(value);
    }
}

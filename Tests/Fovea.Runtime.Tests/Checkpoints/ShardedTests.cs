using System.Diagnostics;
using Fovea.Checkpoints;

namespace Fovea.Tests.Checkpoints;

/// <summary>Checkpoints in several files, of whatever kind each is.</summary>
public class ShardedTests
{
    [Fact]
    public void Shards_are_found_by_their_index_or_by_the_folder()
    {
        using var folder = new TempFolder();
        using var saved = Write(folder);
        using var byIndex = ToyDetector.Load(folder.File("model.index.json"));
        CheckpointTests.AssertSame(saved, byIndex);
        using var byFolder = ToyDetector.Load(folder.Path);
        CheckpointTests.AssertSame(saved, byFolder);
        Assert.Equal(42, byFolder.Model.BatchesTracked);

        // Nothing says what an index is but its content.
        File.Move(folder.File("model.index.json"), folder.File("model.txt"));
        using var byText = ToyDetector.Load(folder.File("model.txt"));
        CheckpointTests.AssertSame(saved, byText);
    }

    [Fact]
    public void A_folder_with_one_file_is_that_file()
    {
        using var folder = new TempFolder();
        using var saved = ToyDetector.Create(5);
        saved.Save(folder.File("model.safetensors"));
        using var loaded = ToyDetector.Load(folder.Path);
        CheckpointTests.AssertSame(saved, loaded);
        saved.Save(folder.File("other.safetensors"));
        Assert.Contains("found 2: name the file", Refusal(folder.Path), StringComparison.Ordinal);
        folder.Write("empty/x.txt", "");
        Assert.Contains("found 0: name the file", Refusal(folder.File("empty")), StringComparison.Ordinal);
    }

    [Fact]
    public void Classes_are_in_any_shard()
    {
        using var folder = new TempFolder();
        using var saved = ToyDetector.Create(5);
        saved.Save(folder.File("all.safetensors"));
        var map = string.Join(",", saved.Description.Tensors.Select(t => $"\"{t.Key}\":\"all.safetensors\""));
        File.WriteAllText(folder.File("model.index.json"), $"{{\"metadata\":{{\"total_size\":1}},\"weight_map\":{{{map}}}}}");
        using var loaded = ToyDetector.Create(6, program: ToyProgram.WithClasses("Tall", "Square", "Wide"));
        Assert.Contains("on other channels", Assert.Throws<CheckpointException>(() => loaded.LoadWeights(folder.Path)).Message, StringComparison.Ordinal);
        loaded.LoadWeights(folder.Path, new LoadOptions { Classes = ClassMatching.ByName });
    }

    [Theory]
    [InlineData("{\"weight_map\":{\"a\":\"gone.safetensors\"}}", "gone.safetensors: cannot be opened")]
    [InlineData("{\"weight_map\":{\"a\":\"model-1.safetensors\"}}", "weight_map.a: expected it in model-1.safetensors, which has no such tensor")]
    [InlineData("{\"weight_map\":{\"a\":\"../x\"}}", "expected names of files beside the index, found \"../x\"")]
    [InlineData("{\"weight_map\":{\"a\":\"/etc/passwd\"}}", "expected names of files beside the index")]
    [InlineData("{\"weight_map\":{\"a\":\"C:x\"}}", "expected names of files beside the index")]
    [InlineData("{\"weight_map\":{\"a\":\"..\"}}", "expected names of files beside the index")]
    [InlineData("{\"weight_map\":{\"a\":\"\"}}", "expected names of files beside the index")]
    [InlineData("{\"weight_map\":{\"a\":\"model.index.json\"}}", "is an index of shards, which lie in files beside it: load it by its path")]
    [InlineData("{\"weight_map\":{\"a\":1}}", "weight_map.a: expected each tensor once, with the name of a file, found 1")]
    [InlineData("{\"weight_map\":{\"a\":\"x\",\"a\":\"y\"}}", "weight_map.a: expected each tensor once")]
    [InlineData("{\"weight_map\":[]}", "expected an index of shards with \"weight_map\"")]
    [InlineData("{\"weight_map\":{}}", "is no checkpoint of Toy")]
    [InlineData("{}", "expected an index of shards with \"weight_map\"")]
    [InlineData("{\"weight_map\":{\"\\ud800\":\"x\"}}", "expected an index of shards in JSON")]
    [InlineData("{\"weight_map\":", "expected an index of shards in JSON")]
    public void Damaged_indexes_are_named(string index, string expected)
    {
        using var folder = new TempFolder();
        using var saved = Write(folder);
        File.WriteAllText(folder.File("model.index.json"), index);
        Assert.Contains(expected, Refusal(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_in_memory_has_no_files()
    {
        using var detector = ToyDetector.Create(6);
        var error = Assert.Throws<CheckpointException>(() => detector.LoadWeights("{\"weight_map\":{\"a\":\"b\"}}"u8.ToArray(), name: "net"));
        Assert.StartsWith("net: is an index of shards", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_indexes_are_refused_by_the_readers_exception_and_change_nothing()
    {
        using var folder = new TempFolder();
        using var saved = Write(folder);
        var path = folder.File("model.index.json");
        var whole = File.ReadAllBytes(path);
        string[] words = ["\"", "{", "}", "[", ":", ",", "../", "model-1.safetensors", "\\ud800", "null", "1e999", "weight_map", "\0"];
        using var detector = ToyDetector.Create(6);
        var before = detector.ReadTensor("backbone.body.conv1.weight");
        for (var seed = 0; seed < 10_000; seed++)
        {
            var random = new Random(seed);
            var bytes = whole.ToList();
            for (var i = random.Next(3); i >= 0 && bytes.Count > 0; i--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes.RemoveRange(at, Math.Min(random.Next(1, 40), bytes.Count - at));
                        break;
                    case 2:
                        bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 200), bytes.Count - at)));
                        break;
                    default:
                        bytes.InsertRange(at, System.Text.Encoding.UTF8.GetBytes(words[random.Next(words.Length)]));
                        break;
                }
            }

            var clock = Stopwatch.StartNew();
            try
            {
                using var content = new FileContent(new MemoryStream([.. bytes]), path, leaveOpen: false);
                using var file = StateDictFile.Open(content, folder.Path);
                CheckpointReader.Load(detector.Model, file, null);
                detector.InitializeWeights(6);
            }
            catch (CheckpointException)
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}");
            }

            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"seed {seed}: {clock.Elapsed}");
            Assert.True(before.AsSpan().SequenceEqual(detector.ReadTensor("backbone.body.conv1.weight")), $"seed {seed}: the weights have changed");
        }
    }

    /// <summary>A detector in a safetensors file and a file of torch.save, with an index.</summary>
    private static ToyDetector Write(TempFolder folder)
    {
        var saved = ToyDetector.Create(5).Excited();
        var tensors = saved.Description.Tensors;
        var writer = new SafetensorsWriter();
        foreach (var tensor in tensors[..7])
        {
            writer.Add(tensor.Key, tensor.Shape, () => saved.ReadTensor(tensor.Key));
        }

        writer.Add("backbone.body.bn1.num_batches_tracked", [], [42L]);
        CheckpointWriter.Write(folder.File("model-1.safetensors"), writer);
        var (state, storages) = TorchFileWriter.StateOf(tensors[7..].Select(t => (t.Key, t.Shape, saved.ReadTensor(t.Key))), isLegacy: false);
        File.WriteAllBytes(folder.File("model-2.bin"), TorchFileWriter.Zip(state, storages));
        var places = tensors.Select((t, i) => (t.Key, File: i < 7 ? "model-1.safetensors" : "model-2.bin")).Append(("backbone.body.bn1.num_batches_tracked", "model-1.safetensors"));
        var map = string.Join(",\n", places.Select(p => $"\"{p.Item1}\": \"{p.Item2}\""));
        File.WriteAllText(folder.File("model.index.json"), $"{{\n\"metadata\": {{\"total_size\": 123}}, \"weight_map\": {{{map}}}}}");
        return saved;
    }

    private static string Refusal(string path)
    {
        using var detector = ToyDetector.Create(6);
        var before = detector.ReadTensor("backbone.body.conv1.weight");
        var error = Assert.Throws<CheckpointException>(() => detector.LoadWeights(path));
        Assert.Equal(before, detector.ReadTensor("backbone.body.conv1.weight"));
        return error.Message;
    }
}

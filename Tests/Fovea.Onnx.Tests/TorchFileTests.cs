using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace Fovea.Tests.Onnx;

/// <summary>State dicts of torch's form: Debian's PyTorch reads them, torchvision's models take them, and no bit is another.</summary>
public sealed class TorchFileTests : IDisposable
{
    /// <summary>Prints key, type, shape and SHA-256 of every tensor of a model after loading, and the file's keys before it.</summary>
    private const string Load =
        """
        import sys, hashlib, torch
        from torch import nn
        from torchvision.models.detection import RetinaNet, retinanet_resnet50_fpn_v2
        from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
        from torchvision.ops import FrozenBatchNorm2d
        from torchvision.ops.feature_pyramid_network import LastLevelP6P7

        def fpn(name, norm):
            backbone = resnet_fpn_backbone(
                backbone_name=name, weights=None, norm_layer=norm, trainable_layers=5, returned_layers=[2, 3, 4],
                extra_blocks=LastLevelP6P7(256, 256))
            return RetinaNet(backbone, 4)

        model = eval(sys.argv[2])
        state = torch.load(sys.argv[1], weights_only=True)
        print(type(state).__name__, list(state) == list(model.state_dict()))
        print(model.load_state_dict(state, strict=True))
        for key, value in model.state_dict().items():
            print(key, str(value.dtype), "x".join(map(str, value.shape)), hashlib.sha256(value.contiguous().numpy().tobytes()).hexdigest())
        """;

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, string> Models => new()
    {
        { nameof(Resnet18Detector), "fpn('resnet18', FrozenBatchNorm2d)" },
        { nameof(Resnet34Detector), "fpn('resnet34', nn.BatchNorm2d)" },
        { nameof(Resnet50V2Detector), "retinanet_resnet50_fpn_v2(weights=None, weights_backbone=None, num_classes=4)" },
        { nameof(Resnext50Detector), "fpn('resnext50_32x4d', FrozenBatchNorm2d)" },
    };

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void Torchvisions_model_takes_all_of_it_bit_for_bit(string name, string model)
    {
        Python.Require("torchvision");
        using var detector = RandomWeights.Fill(Make(name), 3);
        detector.Save(folder.File("weights.pth"), WeightsFormat.Torch);
        var lines = Python.Run(Load, folder.File("weights.pth"), model).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("OrderedDict True", lines[0]);
        Assert.Equal("<All keys matched successfully>", lines[1]);
        var expected = detector.Description.Tensors.Select(t =>
            $"{t.Key} torch.float32 {string.Join('x', t.Shape)} {Hash(MemoryMarshal.AsBytes<float>(detector.ReadTensor(t.Key)))}");
        Assert.Equal(expected, lines[2..].Where(l => !l.Contains("num_batches_tracked", StringComparison.Ordinal)));
        var counts = lines[2..].Where(l => l.Contains("num_batches_tracked", StringComparison.Ordinal)).ToArray();
        Assert.Equal(detector.Description.TracksBatches ? detector.Description.Tensors.Count(t => t.Key.EndsWith("running_var", StringComparison.Ordinal)) : 0, counts.Length);
        Assert.All(counts, line => Assert.EndsWith($"torch.int64  {Hash(new byte[8])}", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Entries_are_stored_from_multiples_of_64_bytes_on_and_the_same_each_time()
    {
        using var detector = RandomWeights.Fill(OddDetector.Create(), 3);
        detector.Save(folder.File("weights.pth"), WeightsFormat.Torch);
        var content = File.ReadAllBytes(folder.File("weights.pth"));
        using var again = new MemoryStream();
        detector.Save(again, WeightsFormat.Torch);
        Assert.Equal(content, again.ToArray());

        // Reading an entry to its end checks its CRC.
        using var zip = ZipFile.OpenRead(folder.File("weights.pth"));
        Assert.All(zip.Entries, e => Assert.Equal(e.Length, e.CompressedLength));
        foreach (var (i, tensor) in detector.Description.Tensors.Index())
        {
            var entry = zip.GetEntry(string.Create(CultureInfo.InvariantCulture, $"archive/data/{i}"))!;
            using var stream = entry.Open();
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            var values = MemoryMarshal.AsBytes<float>(detector.ReadTensor(tensor.Key));
            Assert.True(values.SequenceEqual(copy.ToArray()), tensor.Key);
            var local = content.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(entry.FullName));
            Assert.Equal(0, (local + entry.FullName.Length + BitConverter.ToUInt16(content, local - 2)) % 64);
        }

        using var json = JsonDocument.Parse(zip.GetEntry("archive/extra/fovea.json")!.Open());
        Assert.Equal(detector.Description.Fingerprint, json.RootElement.GetProperty("fovea.fingerprint").GetString());
    }

    [Fact]
    public void The_default_form_stays_safetensors()
    {
        using var detector = OddDetector.Create(seed: 4);
        using var plain = new MemoryStream();
        detector.Save(plain);
        using var other = OddDetector.Load(plain.ToArray());
        Assert.Equal(detector.ReadTensor("backbone.body.conv1.weight"), other.ReadTensor("backbone.body.conv1.weight"));
        Assert.Throws<ArgumentOutOfRangeException>(() => detector.Save(Stream.Null, (WeightsFormat)7));
    }

    private static Detector Make(string name) => name switch
    {
        nameof(Resnet18Detector) => Resnet18Detector.Create(),
        nameof(Resnet34Detector) => Resnet34Detector.Create(),
        nameof(Resnet50V2Detector) => Resnet50V2Detector.Create(),
        _ => Resnext50Detector.Create(),
    };

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

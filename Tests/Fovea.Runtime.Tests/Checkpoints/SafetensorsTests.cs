using System.Buffers.Binary;
using System.Text;
using Fovea.Checkpoints;

namespace Fovea.Tests.Checkpoints;

public class SafetensorsTests
{
    [Fact]
    public void What_is_written_is_read_and_lies_where_the_format_says()
    {
        var writer = new SafetensorsWriter();
        writer.AddMetadata("who", "me");
        writer.Add("b", [2, 2], () => [1, 2, 3, float.NaN]);
        writer.Add("n", [], [7]);
        writer.Add("empty", [0, 3], () => []);
        using var stream = new MemoryStream();
        writer.Write(stream);
        var bytes = stream.ToArray();
        var header = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Assert.Equal(0, header % 8);
        Assert.Equal(
            """{"__metadata__":{"who":"me"},"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2,2],"data_offsets":[8,24]},"empty":{"dtype":"F32","shape":[0,3],"data_offsets":[24,24]}}""",
            Encoding.UTF8.GetString(bytes, 8, header).TrimEnd());
        Assert.Equal(2f, BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(8 + header + 12)));
        using var file = SafetensorsFile.Open(new MemoryStream(bytes), "memory");
        Assert.Equal("me", file.Metadata["who"]);
        Assert.Equal([1, 2, 3, float.NaN], file.ReadSingles("b"));
        Assert.Equal([7L], file.ReadIntegers("n"));
        Assert.Empty(file.ReadSingles("empty"));
    }

    [Theory]
    [InlineData("F16", "003C00C0", new[] { 1.0, -2.0 })]
    [InlineData("BF16", "803F00C0", new[] { 1.0, -2.0 })]
    [InlineData("F64", "000000000000F03F", new[] { 1.0 })]
    [InlineData("I64", "FEFFFFFFFFFFFFFF", new[] { -2.0 })]
    [InlineData("I32", "FEFFFFFF", new[] { -2.0 })]
    [InlineData("I16", "FEFF", new[] { -2.0 })]
    [InlineData("U16", "FEFF", new[] { 65534.0 })]
    [InlineData("I8", "FE01", new[] { -2.0, 1.0 })]
    [InlineData("U8", "FE01", new[] { 254.0, 1.0 })]
    [InlineData("BOOL", "0001", new[] { 0.0, 1.0 })]
    public void Every_type_is_converted(string type, string hex, double[] expected)
    {
        var data = Convert.FromHexString(hex);
        using var file = Open($$$"""{"x":{"dtype":"{{{type}}}","shape":[{{{expected.Length}}}],"data_offsets":[0,{{{data.Length}}}]}}""", data);
        Assert.Equal(expected, file.ReadDoubles("x"));
        Assert.Equal(expected.Select(v => (float)v), file.ReadSingles("x"));
    }

    [Theory]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "cut off")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 12, "longer than its tensors")]
    [InlineData("""{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "[3] takes 12 bytes")]
    [InlineData("""{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}""", 8, "x.shape")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}""", 8, "x.shape")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}}""", 8, "too many bytes")]
    [InlineData("""{"x":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}""", 8, "found C64")]
    [InlineData("""{"x":{"dtype":"7","shape":[1],"data_offsets":[0,8]}}""", 8, "x.dtype")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2]}}""", 8, "data_offsets")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "x")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "holes or overlaps")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 8, "holes or overlaps")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "twice")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "__metadata__.a")]
    [InlineData("""[1]""", 0, "JSON object")]
    [InlineData("""{"x":""", 0, "Is this a safetensors file?")]
    public void Damaged_headers_are_named(string header, int dataLength, string expected)
    {
        var error = Assert.Throws<CheckpointException>(() => Open(header, new byte[dataLength]));
        Assert.StartsWith("damaged.safetensors: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("FFFFFF")]
    [InlineData("FFFFFFFFFFFFFFFF")]
    [InlineData("0000000000000000")]
    [InlineData("FFFFFFFFFFFFFF7F7B7D")]
    [InlineData("10000000000000007B7D")]
    public void Files_without_a_header_are_named(string hex)
    {
        var error = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(new MemoryStream(Convert.FromHexString(hex)), "x.bin"));
        Assert.Contains("x.bin", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Torch_archives_are_recognised()
    {
        var error = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(new MemoryStream("PK\u0003\u0004xxxxxx"u8.ToArray()), "model.pth"));
        Assert.Contains("torch.save", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_files_and_tensors_are_named()
    {
        using var folder = new TempFolder();
        Assert.Contains("nothing.safetensors", Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(folder.File("nothing.safetensors"))).Message, StringComparison.Ordinal);
        using var file = Open("{}", []);
        Assert.Contains("\"conv\"", Assert.Throws<CheckpointException>(() => file.ReadSingles("conv")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Content_of_another_length_than_its_shape_is_refused()
    {
        var writer = new SafetensorsWriter();
        writer.Add("x", [3], () => [1, 2]);
        Assert.Contains("expected 12 bytes", Assert.Throws<InvalidOperationException>(() => writer.Write(new MemoryStream())).Message, StringComparison.Ordinal);
    }

    private static SafetensorsFile Open(string header, byte[] data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + json.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, 8);
        data.CopyTo(bytes, 8 + json.Length);
        return SafetensorsFile.Open(new MemoryStream(bytes), "damaged.safetensors");
    }
}

namespace Fovea.Tests.AspNetCore.Serving;

/// <summary>Files as clients send them.</summary>
internal static class Uploads
{
    public static RgbImage Image(int seed = 1) => Pictures.Make(96 + (8 * seed), 72, seed);

    public static byte[] Encode(RgbImage image, ImageFormat format)
    {
        using var encoded = new MemoryStream();
        ImageFile.Codec.Encode(image, format, 90, encoded);
        return encoded.ToArray();
    }

    public static byte[] Png(int seed = 1) => Encode(Image(seed), ImageFormat.Png);

    public static byte[] Jpeg(int seed = 1) => Encode(Image(seed), ImageFormat.Jpeg);

    public static HttpContent Raw(byte[] content, string? type)
    {
        var body = new ByteArrayContent(content);
        if (type is not null)
        {
            Assert.True(body.Headers.TryAddWithoutValidation("Content-Type", type));
        }

        return body;
    }

    public static MultipartFormDataContent Form(params (string Name, string? File, byte[] Content)[] parts)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, file, content) in parts)
        {
            if (file is null)
            {
                form.Add(new ByteArrayContent(content), name);
            }
            else
            {
                form.Add(new ByteArrayContent(content), name, file);
            }
        }

        return form;
    }
}

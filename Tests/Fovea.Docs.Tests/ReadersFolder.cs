using Fovea.Docs.Cells;

namespace Fovea.Docs.Tests;

/// <summary>The folder in which blocks run: the files that pages name.</summary>
internal sealed class ReadersFolder : IDisposable
{
    private readonly TempFolder folder = new();

    public ReadersFolder()
    {
        foreach (var name in (string[])["photo.jpg", "cells.jpg", "images/a.png", "images/b.png", "photos/1.jpg", "photos/2.jpg"])
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(folder.File(name))!);
            ImageFile.Save(Noise(), folder.File(name));
        }

        foreach (var split in (string[])["train.json", "val.json"])
        {
            folder.Write(split, Annotations);
        }

        using var detector = CellDetector.Create(seed: 7);
        detector.Save(folder.File("cells.safetensors"));
    }

    public string Path => folder.Path;

    private static string Annotations => """
        {"images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}, {"id": 2, "file_name": "b.png", "width": 64, "height": 48}],
         "categories": [{"id": 1, "name": "RBC"}, {"id": 2, "name": "WBC"}, {"id": 3, "name": "Platelets"}],
         "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [4, 4, 20, 20]},
                         {"id": 2, "image_id": 2, "category_id": 2, "bbox": [10, 8, 24, 24]}]}
        """;

    public void Dispose() => folder.Dispose();

    private static RgbImage Noise()
    {
        var image = new RgbImage(64, 48);
        new Random(1).NextBytes(image.Pixels);
        return image;
    }
}

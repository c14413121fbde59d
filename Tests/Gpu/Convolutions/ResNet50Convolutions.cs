using Fovea.Cuda.Checks.Cudnn;

namespace Fovea.Gpu.Convolutions;

/// <summary>A convolution, and how often the network has it.</summary>
internal sealed record CountedConvolution(ConvolutionCase Shape, int Count)
{
    /// <summary>Floating-point operations of one product.</summary>
    public double Operations
    {
        get
        {
            var cells = (double)Shape.Images * Out(Shape.Height) * Out(Shape.Width);
            return 2 * cells * Shape.Out * Shape.Kernel * Shape.Kernel * (Shape.In / Shape.Groups);
        }
    }

    private int Out(int size) => ((size + (2 * Shape.Padding) - Shape.Kernel) / Shape.Stride) + 1;
}

/// <summary>Every convolution of a RetinaNet over ResNet-50, each shape once.</summary>
internal static class ResNet50Convolutions
{
    private const int Pyramid = 256;
    private static readonly int[] Blocks = [3, 4, 6, 3];

    /// <summary>All of them.</summary>
    /// <param name="images">N.</param>
    /// <param name="size">Height and width of the canvas.</param>
    /// <param name="classes">K.</param>
    public static IReadOnlyList<CountedConvolution> All(int images, int size, int classes)
    {
        var all = new List<ConvolutionCase>();
        void Add(string name, int height, int input, int output, int kernel, int stride) =>
            all.Add(new ConvolutionCase(name, images, height, height, input, output, kernel, stride, kernel / 2, 1));

        Add("stem", size, 3, 64, 7, 2);
        var (cells, channels) = (Half(Half(size)), 64);
        for (var stage = 0; stage < Blocks.Length; stage++)
        {
            var width = 64 << stage;
            for (var block = 0; block < Blocks[stage]; block++)
            {
                var stride = stage > 0 && block == 0 ? 2 : 1;
                var after = stride == 2 ? Half(cells) : cells;
                Add($"layer{stage + 1} reduce", cells, channels, width, 1, 1);
                Add($"layer{stage + 1} 3x3", cells, width, width, 3, stride);
                Add($"layer{stage + 1} expand", after, width, width * 4, 1, 1);
                if (block == 0)
                {
                    Add($"layer{stage + 1} downsample", cells, channels, width * 4, 1, stride);
                }

                (cells, channels) = (after, width * 4);
            }
        }

        AddPyramid(Add, size, classes);
        return [.. all.GroupBy(c => c with { Name = "" }).Select(g => new CountedConvolution(g.Last(), g.Count()))];
    }

    /// <summary>A few that stand for the others.</summary>
    public static IReadOnlyList<CountedConvolution> Some(int images, int size, int classes)
    {
        string[] names = ["stem", "layer1 3x3", "layer2 expand", "layer3 3x3", "layer4 reduce", "head P3", "cls_logits P3", "bbox P3"];
        return [.. All(images, size, classes).Where(c => names.Contains(c.Shape.Name)).DistinctBy(c => c.Shape.Name)];
    }

    private static void AddPyramid(Action<string, int, int, int, int, int> add, int size, int classes)
    {
        var (cells, before) = (Half(Half(Half(size))), 0);
        for (var level = 3; level <= 7; level++)
        {
            if (level <= 5)
            {
                add($"lateral P{level}", cells, 512 << (level - 3), Pyramid, 1, 1);
                add($"output P{level}", cells, Pyramid, Pyramid, 3, 1);
            }
            else
            {
                add($"P{level}", before, Pyramid, Pyramid, 3, 2);
            }

            for (var i = 0; i < 8; i++)
            {
                add($"head P{level}", cells, Pyramid, Pyramid, 3, 1);
            }

            add($"cls_logits P{level}", cells, Pyramid, 9 * classes, 3, 1);
            add($"bbox P{level}", cells, Pyramid, 36, 3, 1);
            (cells, before) = (Half(cells), cells);
        }
    }

    private static int Half(int size) => (size + 1) / 2;
}
